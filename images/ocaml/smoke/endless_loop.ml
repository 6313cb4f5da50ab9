let rec spin n = if n < 0 then n else spin (((n * 3) + 1) mod 1000003)
let () = print_int (spin 1)
