# Both streams at once, from two processes.
# expect: outputLimit
yes out & yes err >&2
