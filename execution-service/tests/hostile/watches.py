# inotify instances, epoll sets and watches, of which each user has a number.
# expect: success
# stdout: held
import ctypes
import os
import select
libc = ctypes.CDLL(None)
instances = []
while (instance := libc.inotify_init1(0)) != -1 and len(instances) < 10000:
    instances.append(instance)
for number in range(3000):
    os.mkdir(f"d{number}")
    libc.inotify_add_watch(instances[0] if instances else -1, f"d{number}".encode(), 0xfff)
for instance in instances:
    os.close(instance)
sets = []
try:
    while len(sets) < 10000:
        sets.append(select.epoll())
        for other in sets[:-1]:
            sets[-1].register(other)
except OSError:
    pass
print("held")
