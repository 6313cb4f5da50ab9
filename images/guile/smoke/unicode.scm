(use-modules (ice-9 rdelim))

(let ((line (read-line)))
  (format #t "λ → ~a\n" (string-reverse line))
  (format #t "Länge: ~a, ~a\n" (string-length line) (string-upcase line))
  (for-each (lambda (word) (display word) (newline))
            '("naïve" "café" "日本語")))
