let rec grow kept = grow (Bytes.make 100_000 'x' :: kept)
let () = grow []
