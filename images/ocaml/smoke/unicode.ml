(* Strings are bytes; the standard library decodes them to code points. *)
let code_points text =
  let rec go at points =
    if at >= String.length text then points
    else
      let d = String.get_utf_8_uchar text at in
      go (at + Uchar.utf_decode_length d) (Uchar.utf_decode_uchar d :: points)
  in
  go 0 []

let () =
  let points = code_points (read_line ()) in
  let b = Buffer.create 16 in
  List.iter (Buffer.add_utf_8_uchar b) points;
  Printf.printf "λ → %s\nLänge: %d\n日本語\n" (Buffer.contents b) (List.length points)
