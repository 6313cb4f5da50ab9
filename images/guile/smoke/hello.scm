(use-modules (ice-9 rdelim))

(format #t "Hello, ~a!\n" (read-line))
