# Starts programs with all the arguments and environment that fit, and more.
# expect: success
# stdout: held
import os
for size, count in ((100_000, 30), (131_000, 200), (1, 1_000_000)):
    try:
        pid = os.posix_spawn("/bin/true", ["true", *["x" * size] * count], {"A": "y" * size})
        os.waitpid(pid, 0)
    except OSError:
        pass
print("held")
