# Ends in the middle of its output, of which another process writes the rest.
# expect: success|outputLimit
# limits: {"wallMs": 5000}
import os
import time
if os.fork() == 0:
    while True:
        os.write(1, b"x" * 1000)
time.sleep(0.01)
os._exit(0)
