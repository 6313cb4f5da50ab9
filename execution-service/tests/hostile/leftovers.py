# Leaves something everywhere, for whoever comes next to find, run or trip over.
# expect: success
# stdout: left
import fcntl
import os
import socket
import time
for folder in ("/work", "/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run"):
    for name in ("main.py", "os.py", "sitecustomize.py", ".bashrc", "a.out", "left"):
        try:
            with open(folder + "/" + name, "x") as file:
                file.write("print('left')")
        except OSError:
            pass
lock = open("/etc/passwd")
fcntl.flock(lock, fcntl.LOCK_EX)
way = socket.socket(socket.AF_UNIX)
way.bind("\0left")
way.listen()
os.umask(0o777)
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
print("left")
