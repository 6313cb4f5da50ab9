#lang racket

(define (double n)
  (* 2 m))

(displayln (double 4))
