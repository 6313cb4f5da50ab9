# Ends as a program does that the kernel killed for want of memory, which was not the reason.
# expect: runtimeError
# result: {"signal": 9}
kill -9 $$
