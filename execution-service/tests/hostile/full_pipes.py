# Pipes and sockets full of what nobody reads: memory of the kernel's.
# expect: success|memoryLimit
# stdout: held
import fcntl
import os
import socket
print("held")
block = b"x" * (1 << 20)
for _ in range(40):
    if os.fork() == 0:
        kept = []
        try:
            while True:
                kept.append(os.pipe2(os.O_NONBLOCK))
                try:
                    fcntl.fcntl(kept[-1][1], 1031, 1 << 20)
                except OSError:
                    pass
                os.write(kept[-1][1], block)
                kept.append(socket.socketpair())
                kept[-1][0].setblocking(False)
                kept[-1][0].send(block[:100000])
        except OSError:
            os.read(os.pipe()[0], 1) if len(kept) < 0 else os._exit(0)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
