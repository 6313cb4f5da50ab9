#lang racket

(printf "Hello, ~a!\n" (read-line))
