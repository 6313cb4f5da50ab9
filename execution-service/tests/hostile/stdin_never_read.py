# Is given much and reads nothing.
# expect: success
# stdout: held
# stdinBytes: 900000
import time
time.sleep(0.2)
print("held")
