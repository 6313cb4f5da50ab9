# A file at an absolute path.
# expect: refused
# request: {"files": [{"path": "/etc/ld.so.preload", "content": "x"}]}
print("possible")
