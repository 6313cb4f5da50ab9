# A file whose path leads out of it by a detour.
# expect: refused
# request: {"files": [{"path": "a/b/../../../airlock-runner", "content": "x"}]}
print("possible")
