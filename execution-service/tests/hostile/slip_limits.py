# Asks for more than there is.
# expect: refused
# request: {"limits": {"memoryBytes": 9007199254740991, "processes": 1000000000, "wallMs": 9007199254740991}}
print("possible")
