(* A tiny interpreter, read from stdin: variants, modules and functors, references, exceptions,
   the format printer, and a few calls into the other libraries that come with OCaml. *)

type expr =
  | Int of int
  | Var of string
  | Op of char * expr * expr
  | Let of string * expr * expr

exception Syntax of string

(* The lexer: numbers, words and single characters. *)
let tokens line =
  let word = Str.regexp "[0-9]+\\|[a-z]+\\|[-+*/()=]" in
  let rec go at found =
    match Str.search_forward word line at with
    | exception Not_found -> List.rev found
    | _ -> let t = Str.matched_string line in go (Str.match_end ()) (t :: found)
  in
  go 0 []

let rec expression = function
  | "let" :: name :: "=" :: rest -> (
      match expression rest with
      | value, "in" :: rest -> let body, rest = expression rest in (Let (name, value, body), rest)
      | _ -> raise (Syntax "in expected"))
  | input -> let first, rest = term input in sums first rest

and sums left = function
  | (("+" | "-") as o) :: rest -> let right, rest = term rest in sums (Op (o.[0], left, right)) rest
  | rest -> (left, rest)

and term input = let first, rest = factor input in products first rest

and products left = function
  | (("*" | "/") as o) :: rest -> let right, rest = factor rest in products (Op (o.[0], left, right)) rest
  | rest -> (left, rest)

and factor = function
  | "(" :: rest -> (
      match expression rest with
      | e, ")" :: rest -> (e, rest)
      | _ -> raise (Syntax ") expected"))
  | t :: rest -> ((match int_of_string_opt t with Some n -> Int n | None -> Var t), rest)
  | [] -> raise (Syntax "unexpected end")

module Names = Map.Make (String)

let rec eval names = function
  | Int n -> n
  | Var v -> ( match Names.find_opt v names with Some n -> n | None -> failwith ("unknown " ^ v))
  | Let (v, value, body) -> eval (Names.add v (eval names value) names) body
  | Op (o, a, b) -> (
      let a = eval names a and b = eval names b in
      match o with '+' -> a + b | '-' -> a - b | '*' -> a * b | _ -> a / b)

let value line =
  match expression (tokens line) with
  | e, [] -> eval Names.empty e
  | _, t :: _ -> raise (Syntax ("unexpected " ^ t))

let answer line =
  match value line with
  | n -> string_of_int n
  | exception Syntax m | exception Failure m -> "error: " ^ m
  | exception Division_by_zero -> "error: division by zero"

type city = { name : string; people : int; area : float }

let cities =
  [ { name = "Oslo"; people = 709_000; area = 454.0 };
    { name = "Bergen"; people = 291_000; area = 464.7 };
    { name = "Trondheim"; people = 214_000; area = 528.6 } ]

let rec queens n row placed =
  if row = n then 1
  else
    Seq.ints 0 |> Seq.take n
    |> Seq.filter (fun c -> List.for_all (fun (r, k) -> k <> c && abs (k - c) <> row - r) placed)
    |> Seq.fold_left (fun sum c -> sum + queens n (row + 1) ((row, c) :: placed)) 0

let rec count_down n = if n = 0 then 0 else 1 + count_down (n - 1)

let () =
  (try
     while true do
       let line = read_line () in
       Printf.printf "%s -> %s\n" line (answer line)
     done
   with End_of_file -> ());
  List.sort (fun a b -> compare (float b.people /. b.area) (float a.people /. a.area)) cities
  |> List.iter (fun c -> Printf.printf "%-10s|%8d|%8.2f\n" c.name c.people (float c.people /. c.area));
  Printf.printf "queens: %d\n" (queens 7 0 []);
  Printf.printf "deep: %d\n" (count_down 1_000_000);
  let factorial = Seq.ints 1 |> Seq.take 30 |> Seq.fold_left (fun z n -> Z.mul z (Z.of_int n)) Z.one in
  print_endline ("30! = " ^ Z.to_string factorial);
  let cells = Array.make 4 0 in
  let domain = Domain.spawn (fun () -> Array.iteri (fun i _ -> cells.(i) <- i * i) cells) in
  Domain.join domain;
  print_endline (String.concat " " (Array.to_list (Array.map string_of_int cells)));
  assert (Unix.getenv "HOME" = "/work")
