# Wants files back from an absolute path.
# expect: refused
# request: {"outputFiles": ["/etc/passwd"]}
print("possible")
