(define (double n)
  (* 2 n))

(let ((n 4)
  (display (double n)))
