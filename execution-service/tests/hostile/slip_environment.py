# A variable whose name holds its value, and more of them.
# expect: refused
# request: {"env": {"A=B\u0000LD_PRELOAD": "x"}}
print("possible")
