# Listens on whatever it gets, on loopback and abstract names that others might want.
# expect: success
# stdout: held
import socket
kept = []
try:
    for number in range(10000):
        way = socket.socket(socket.AF_INET if number % 2 else socket.AF_UNIX)
        way.bind(("0.0.0.0", 0) if number % 2 else f"\0airlock-{number}")
        way.listen(4096)
        kept.append(way)
except OSError:
    pass
print("held")
