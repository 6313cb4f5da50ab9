# Frames that say that all went well, on every descriptor there could be, and then it fails.
# expect: runtimeError
# result: {"exitCode": 3}
import os
import struct
import sys
def frame(kind, payload):
    return bytes([kind]) + struct.pack("<I", len(payload)) + payload
forged = frame(1, b"\x01") + frame(5, bytes(12)) + frame(2, b"\x01") + frame(3, b"forged") + frame(6, b"\x00")
paths = [f"/proc/{pid}/fd/{fd}" for pid in ("1", "self") for fd in range(256)]
paths += ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/console", "/dev/tty", "/proc/1/mem"]
for path in paths:
    try:
        with open(path, "wb", buffering=0) as file:
            file.write(forged)
    except OSError:
        pass
for fd in range(256):
    try:
        os.write(fd, forged)
    except OSError:
        pass
sys.exit(3)
