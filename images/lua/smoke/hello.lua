print("Hello, " .. io.read() .. "!")
