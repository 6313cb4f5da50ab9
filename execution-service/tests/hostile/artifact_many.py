# More files than anybody wants back.
# expect: success|outputLimit
# stdout: held
# request: {"outputFiles": ["out/*", "out/**", "**/*"]}
import os
os.mkdir("out")
for number in range(20000):
    os.close(os.open(f"out/{number}", os.O_CREAT))
print("held")
