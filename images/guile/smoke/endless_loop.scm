(let loop ((n 1))
  (if (>= n 0)
      (loop (modulo (+ 1 (* 3 n)) 1000003))))
