# A file in memory that belongs to no file system, and so to no file system's limit.
# expect: memoryLimit|runtimeError
import os
block = b"x" * (1 << 20)
files = []
while True:
    files.append(os.memfd_create("fill"))
    for _ in range(15):
        os.write(files[-1], block)
