# A long line of descendants, each of which outlives its parent.
# expect: success
# stdout: held
import os
import time
for generation in range(300):
    if os.fork() != 0:
        break
    os.setsid()
else:
    time.sleep(600)
if generation == 0:
    os.wait()
    print("held")
else:
    os._exit(0)
