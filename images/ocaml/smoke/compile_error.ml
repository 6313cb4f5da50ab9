let () =
  let words = [ "one"; "two" ] in
  print_endline (List.length words)
