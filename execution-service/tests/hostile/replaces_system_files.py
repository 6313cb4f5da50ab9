# Writes to where programs and settings are that others might use.
# expect: success
# stdout: held
import os
doors = []
for folder in ("/", "/usr", "/usr/bin", "/usr/lib", "/etc", "/bin", "/lib", "/root", "/var", "/var/tmp", "/home", "/opt", "/run", "/mnt", "/proc", "/sys", "/dev"):
    for attempt in (
        lambda: open(folder + "/x", "w"),
        lambda: os.mkdir(folder + "/y"),
        lambda: os.symlink("/work", folder + "/z"),
        lambda: os.rename("/work/main.py", folder + "/main.py"),
    ):
        try:
            attempt()
            doors.append(folder)
        except OSError:
            pass
for file in ("/etc/passwd", "/etc/shadow", "/etc/ld.so.preload", "/etc/ld.so.cache", "/usr/bin/python3", "/bin/sh", "/usr/bin/env", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname"):
    for attempt in (lambda: open(file, "r+b"), lambda: os.remove(file), lambda: os.chmod(file, 0o777), lambda: os.utime(file)):
        try:
            attempt()
            doors.append(file)
        except OSError:
            pass
print("\n".join(doors) or "held")
