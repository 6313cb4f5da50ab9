read -r text
reversed=
for ((i = ${#text} - 1; i >= 0; i--)); do
    reversed+=${text:i:1}
done
echo "Grüße, 世界: $reversed (${#text})"
