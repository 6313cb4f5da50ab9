(let ((line (read-line)))
  (format t "λ → ~a~%" (reverse line))
  (format t "Länge: ~d, ~a~%" (length line) (string-upcase line))
  (format t "~{~a~^, ~}~%" '("naïve" "café" "日本語")))
