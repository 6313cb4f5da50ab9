# The host's own loopback and abstract sockets, and the sockets of its engine.
# expect: success
# stdout: held
import os
import socket
doors = []
for host in ("127.0.0.1", "0.0.0.0", "127.0.1.1"):
    for port in (@HOST_PORT@, 2375, 3005, 3006, 6379, 27017, 22):
        with socket.socket() as way:
            way.settimeout(0.3)
            if way.connect_ex((host, port)) == 0:
                doors.append(f"{host}:{port}")
paths = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/systemd/private", "/run/dbus/system_bus_socket"]
for path in ["\0@HOST_SOCKET@", "\0/containerd-shim/x", *paths]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as way:
            if way.connect_ex(path) == 0:
                doors.append(repr(path))
if len(open("/proc/net/unix").readlines()) > 1:
    doors.append("sockets of others")
doors += [path for path in paths if os.path.exists(path)]
print("\n".join(doors) or "held")
