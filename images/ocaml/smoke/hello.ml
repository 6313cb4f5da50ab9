let () =
  let name = read_line () in
  Printf.printf "Hello, %s!\n" name
