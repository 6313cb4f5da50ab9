# Wants files back from outside the work directory.
# expect: refused
# request: {"outputFiles": ["../etc/passwd"]}
print("possible")
