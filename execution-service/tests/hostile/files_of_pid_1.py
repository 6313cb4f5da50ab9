# Everything that /proc has of PID 1: its descriptors, environment, root, namespaces, limits.
# expect: success
# stdout: held
import os
doors = []
def refused(what, attempt):
    try:
        attempt()
        doors.append(what)
    except OSError:
        pass
for name in ("environ", "auxv", "exe", "fdinfo/0", "fdinfo/1", "map_files", "io", "timers", "personality", "patch_state"):
    refused("read " + name, lambda: os.listdir("/proc/1/" + name) if name == "map_files" else open("/proc/1/" + name, "rb").read())
for name in ("cwd", "root", "exe", "fd/0", "fd/1", "fd/2", "fd/3", "ns/mnt", "ns/net", "ns/pid", "ns/user"):
    refused("follow " + name, lambda: os.readlink("/proc/1/" + name))
    refused("open " + name, lambda: os.open("/proc/1/" + name, os.O_RDONLY | os.O_NONBLOCK))
for name in ("comm", "coredump_filter", "clear_refs", "timerslack_ns", "loginuid", "attr/current", "uid_map", "setgroups", "autogroup", "mem"):
    refused("write " + name, lambda: os.write(os.open("/proc/1/" + name, os.O_WRONLY), b"1"))
refused("list fd", lambda: os.listdir("/proc/1/fd"))
print("\n".join(doors) or "held")
