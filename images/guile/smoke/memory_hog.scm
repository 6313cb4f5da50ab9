(let loop ((kept '()))
  (loop (cons (make-vector 10000 'x) kept)))
