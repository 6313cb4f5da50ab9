größe = "Grüße, 世界 🌍"
line = IO.gets("") |> String.trim()
IO.puts(größe)
IO.puts("#{String.reverse(line)} #{String.length(line)} #{String.upcase(line)}")
