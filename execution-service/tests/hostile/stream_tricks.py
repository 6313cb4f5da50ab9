# Changes its own streams in every way that could stall or confuse whoever reads them.
# expect: success
# result: {"stdOutput": "begin\nend\n"}
import fcntl
import os
os.write(1, b"begin\n")
for fd in (0, 1, 2):
    for request, value in ((fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND | os.O_ASYNC), (fcntl.F_SETOWN, 1), (1031, 4096), (1031, 1 << 20)):
        try:
            fcntl.fcntl(fd, request, value)
        except OSError:
            pass
for path, flags in (("/proc/self/fd/0", os.O_WRONLY), ("/proc/self/fd/1", os.O_RDONLY)):
    try:
        os.open(path, flags | os.O_NONBLOCK)
        print("possible:", path)
    except OSError:
        pass
fcntl.fcntl(1, fcntl.F_SETFL, 0)
os.write(1, b"end\n")
