# Pseudo-terminals, of which the machine has one amount.
# expect: success
# stdout: held
import os
count = 0
try:
    while count < 5000:
        os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        count += 1
except OSError:
    pass
print("held" if count < 300 else f"possible: {count} terminals")
