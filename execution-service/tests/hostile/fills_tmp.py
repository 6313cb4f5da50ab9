# Fills /tmp and /dev/shm, each to its own limit.
# expect: success
# stdout: No space left on device, No space left on device
import os
block = b"x" * (1 << 20)
reasons = []
for folder in ("/tmp", "/dev/shm"):
    try:
        for number in range(1000):
            with open(f"{folder}/fill{number}", "wb") as file:
                for _ in range(15):
                    file.write(block)
    except OSError as error:
        reasons.append(error.strerror)
print(", ".join(reasons))
