# Paths that name no file.
# expect: refused
# request: {"files": [{"path": "", "content": "x"}]}
print("possible")
