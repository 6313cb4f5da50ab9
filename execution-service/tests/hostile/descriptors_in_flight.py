# Sends sockets through sockets, within each other, and closes them: only the kernel still knows them.
# expect: success
# stdout: held
import array
import socket
for _ in range(40):
    try:
        chain = socket.socketpair()
        for _ in range(200):
            more = socket.socketpair()
            rights = array.array("i", [chain[0].fileno(), chain[1].fileno()])
            more[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            chain = more
        # A circle: a socket that waits in itself.
        chain[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [chain[1].fileno()]))])
    except OSError:
        pass
print("held")
