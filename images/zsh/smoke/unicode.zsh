read -r text
print "Grüße, 世界: ${(j::)${(Oas::)text}} (${#text})"
