# Two files at one path: which one is checked, and which one is run?
# expect: refused
# request: {"files": [{"path": "twice", "content": "x"}, {"path": "twice", "content": "y"}]}
print("possible")
