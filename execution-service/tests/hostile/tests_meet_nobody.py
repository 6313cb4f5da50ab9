# Tests of one submission: what one test leaves running is gone before the next starts.
# expect: success
# request: {"tests": [{"stdin": "1", "expectedOutput": "held\n"}, {"stdin": "2", "expectedOutput": "held\n"}]}
# result: {"tests": [{"passed": true}, {"passed": true}]}
import os
import time
others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())]
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 256)
    time.sleep(600)
print(f"possible: {others}" if others else "held")
