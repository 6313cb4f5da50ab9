; Required before the program: output is shown line by line, so what was printed before a limit is not lost.
(module line-buffered '#%kernel
  (file-stream-buffer-mode (current-output-port) 'line))
