# Looks for a descriptor that somebody forgot to close, or a working directory outside (CVE-2024-21626).
# expect: success
# stdout: held
import os
doors = []
for fd in range(3, 4096):
    try:
        doors.append(f"{fd}: " + os.readlink(f"/proc/self/fd/{fd}"))
    except OSError:
        pass
# listdir's own is closed again by the time that it is looked at.
if os.getcwd() != "/work":
    doors.append(os.getcwd())
for fd in (0, 1, 2):
    if not os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:"):
        doors.append(f"{fd} is no pipe")
print("\n".join(doors) or "held")
