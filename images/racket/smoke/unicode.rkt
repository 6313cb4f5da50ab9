#lang racket

(define line (read-line))
(printf "λ → ~a\n" (list->string (reverse (string->list line))))
(printf "Länge: ~a, ~a\n" (string-length line) (string-upcase line))
(for ([wort '("naïve" "café" "日本語")])
  (displayln wort))
