(defun mean (numbers)
  (/ (reduce #'+ numbers) (length numbers)))

(format t "~a~%" (mean '(1 2 6)))
(format t "~a~%" (mean '()))
