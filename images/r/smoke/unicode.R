text <- readLines(file("stdin"), n = 1, encoding = "UTF-8")
reversed <- intToUtf8(rev(utf8ToInt(text)))
cat("Grüße, 世界: ", reversed, " (", nchar(text), ")\n", sep = "")
