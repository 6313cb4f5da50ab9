# One process computes while twenty sleep: time limits count what is used, not who waits.
# expect: cpuLimit
# limits: {"cpuMs": 500, "wallMs": 15000}
import os
import time
for _ in range(20):
    if os.fork() == 0:
        time.sleep(600)
while True:
    pass
