text=x
while true; do text+=$text; done
