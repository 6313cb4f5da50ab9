read -r name
print "Hello, $name!"
