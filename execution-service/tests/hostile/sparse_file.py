# Files that look larger than any disk.
# expect: success
# stdout: held
import os
for size in (1 << 24) + 1, 1 << 40, 1 << 62:
    for attempt in (lambda f: os.ftruncate(f, size), lambda f: os.posix_fallocate(f, 0, size), lambda f: os.pwrite(f, b"x", size)):
        file = os.open("sparse", os.O_CREAT | os.O_RDWR | os.O_TRUNC)
        try:
            attempt(file)
            print("possible:", size, os.fstat(file).st_size)
        except OSError:
            pass
        os.close(file)
print("held")
