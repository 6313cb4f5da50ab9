# Files that take no room here, and much where they come back to.
# expect: success|outputLimit
# stdout: held
# request: {"outputFiles": ["out/*"]}
import os
os.mkdir("out")
for number in range(100):
    with open(f"out/{number}", "wb") as file:
        file.truncate(16 << 20)
print("held")
