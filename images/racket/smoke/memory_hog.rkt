#lang racket/base

(let loop ([kept '()])
  (loop (cons (make-bytes 100000 1) kept)))
