# Loosens its own limits, leaves its cgroup, or has the host run something when it ends (release_agent).
# expect: success
# stdout: held
import os
doors = []
for folder, folders, files in os.walk("/sys/fs/cgroup"):
    for name in files:
        try:
            os.close(os.open(folder + "/" + name, os.O_WRONLY))
            doors.append(folder + "/" + name)
        except OSError:
            pass
    for attempt in (lambda: os.mkdir(folder + "/own"), lambda: os.rmdir(folder), lambda: os.rename(folder, folder + "-own")):
        try:
            attempt()
            doors.append(folder)
        except OSError:
            pass
print("\n".join(doors) or "held")
