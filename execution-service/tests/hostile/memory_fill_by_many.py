# Many processes, each of which is small: the limit is of all together.
# expect: memoryLimit
import os
import time
for _ in range(40):
    if os.fork() == 0:
        block = b"x" * (12 << 20)
        time.sleep(600)
time.sleep(600)
