# A daemon by the book: two forks, a session of its own, another directory, closed streams.
# expect: success
# stdout: left a daemon
import os
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        os.closerange(0, 256)
        time.sleep(600)
    os._exit(0)
os.wait()
print("left a daemon")
