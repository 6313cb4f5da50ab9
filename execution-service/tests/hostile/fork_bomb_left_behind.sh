# The classic: its first process ends at once, and what it left goes on forking.
# expect: success
:(){ :|:& };:
