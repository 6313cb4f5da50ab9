# Reaches for the internet, the cloud's metadata, the engine's bridge, names and neighbours.
# expect: success
# stdout: held
# limits: {"wallMs": 5000}
import socket
doors = []
for host in ("1.1.1.1", "169.254.169.254", "172.17.0.1", "10.0.0.1", "192.168.0.1", "100.100.100.200", "255.255.255.255", "224.0.0.1"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for port in (53, 80, 2375):
            with socket.socket(socket.AF_INET, kind) as way:
                way.settimeout(0.3)
                try:
                    way.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                    way.connect((host, port))
                    way.send(b"x")
                    doors.append(f"{host}:{port}")
                except OSError:
                    pass
for name in ("example.com", "host.docker.internal", "mongo", "redis", "metadata.google.internal"):
    try:
        doors.append(name + " " + socket.gethostbyname(name))
    except OSError:
        pass
for option in (socket.SO_BINDTODEVICE, 36):
    with socket.socket() as way:
        try:
            way.setsockopt(socket.SOL_SOCKET, option, b"eth0\0\0\0\0")
            doors.append(f"option {option}")
        except OSError:
            pass
print("\n".join(doors) or "held")
