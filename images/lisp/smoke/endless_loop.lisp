(let ((n 1))
  (loop until (< n 0)
        do (setf n (mod (1+ (* 3 n)) 1000003))))
