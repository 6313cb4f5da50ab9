# Devices: the harmless ones are there, no other is, and none can be made.
# expect: success
# stdout: held
import fcntl
import os
import stat
doors = []
harmless = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "fd", "stdin", "stdout", "stderr", "core", "console"}
doors += sorted(set(os.listdir("/dev")) - harmless)
for kind in (stat.S_IFCHR, stat.S_IFBLK):
    for major, minor in ((1, 1), (1, 2), (1, 4), (8, 0), (254, 0), (10, 229), (10, 232), (5, 1)):
        for folder in ("/work", "/tmp", "/dev/shm", "/dev"):
            try:
                os.mknod(f"{folder}/device", kind | 0o666, os.makedev(major, minor))
                doors.append(f"{folder} {major}:{minor}")
            except OSError:
                pass
for request in (0x40085203, 0x5204, 0x5206, 0x5207):
    with open("/dev/urandom", "rb") as random:
        try:
            fcntl.ioctl(random, request, bytes(64))
            doors.append(f"ioctl {request:x}")
        except OSError:
            pass
print("\n".join(doors) or "held")
