#lang racket

(define (mean numbers)
  (/ (apply + numbers) (length numbers)))

(displayln (mean '(1 2 6)))
(displayln (mean '()))
