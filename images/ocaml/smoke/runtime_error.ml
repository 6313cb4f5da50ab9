let find key = List.assoc key [ ("Ada", 36); ("Alan", 41) ]

let () =
  Printf.printf "%d\n%!" (find "Ada");
  Printf.printf "%d\n%!" (find "Grace")
