# A file whose path leads out of the work directory.
# expect: refused
# request: {"files": [{"path": "../etc/cron.d/own", "content": "x"}]}
print("possible")
