# Looks for anything that another job has left, or is doing right now.
# expect: success
# stdout: held
import os
doors = []
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue", "/run/lock", "/run/user", "/home", "/root", "/mnt", "/srv", "/media"):
    try:
        doors += [folder + "/" + name for name in os.listdir(folder)]
    except OSError:
        pass
doors += [name for name in os.listdir("/work") if name != "main.py"]
doors += [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
for mount in open("/proc/self/mountinfo"):
    root, where = mount.split()[3:5]
    if where.startswith(("/home", "/root", "/mnt", "/srv", "/data")):
        doors.append(mount)
for name in os.environ:
    if name.startswith(("AIRLOCK", "MONGO", "REDIS", "DOCKER", "AWS")):
        doors.append(name)
print("\n".join(doors) or "held")
