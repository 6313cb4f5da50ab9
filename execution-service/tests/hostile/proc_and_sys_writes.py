# Opens for writing whatever there is in /proc and /sys that is not its own: switches of the whole machine.
# expect: success
# stdout: held
# limits: {"wallMs": 8000}
import os, stat
doors = []
null = os.stat("/dev/null").st_rdev
# Of processes, another program tells; what is masked is /dev/null, this container's or the host's.
def masked(path):
    found = os.stat(path)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == null
own = {str(os.getpid()), "1", "self", "thread-self"}
for top in ("/proc", "/sys"):
    for folder, folders, files in os.walk(top):
        if folder == "/proc":
            folders[:] = [name for name in folders if name not in own]
        for name in files + folders:
            path = folder + "/" + name
            if os.path.islink(path) or not os.access(path, os.W_OK) or masked(path):
                continue
            if os.path.isdir(path):
                doors.append(path)
                continue
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                doors.append(path)
            except OSError:
                pass
for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
             "/proc/sys/fs/binfmt_misc/register", "/sys/kernel/uevent_helper", "/sys/kernel/profiling", "/proc/acpi/wakeup"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        doors.append(path)
    except OSError:
        pass
print("\n".join(doors) or "held")
