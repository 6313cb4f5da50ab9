(println (str "Hello, " (read-line) "!"))
