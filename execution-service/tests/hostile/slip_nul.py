# A path that ends earlier for the kernel than for who checks it.
# expect: refused
# request: {"files": [{"path": "ok\u0000/../../etc/passwd", "content": "x"}]}
print("possible")
