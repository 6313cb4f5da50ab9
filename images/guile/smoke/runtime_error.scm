(define (mean numbers)
  (/ (apply + numbers) (length numbers)))

(display (mean '(1 2 6)))
(newline)
(display (mean '()))
