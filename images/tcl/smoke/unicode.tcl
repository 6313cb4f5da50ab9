gets stdin text
puts "Grüße, 世界: [string reverse $text] ([string length $text])"
