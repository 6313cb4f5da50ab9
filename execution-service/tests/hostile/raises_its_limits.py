# Gives itself more of everything, and PID 1 less.
# expect: success
# stdout: held
import os
import resource
doors = []
def refused(what, attempt):
    try:
        attempt()
        doors.append(what)
    except (OSError, ValueError):
        pass
for name in ("NOFILE", "FSIZE", "CORE", "STACK"):
    which = getattr(resource, "RLIMIT_" + name)
    hard = resource.getrlimit(which)[1]
    refused("raise " + name, lambda: resource.setrlimit(which, (hard + 1, hard + 1)))
    refused("lift " + name, lambda: resource.prlimit(0, which, (-1, -1)))
    refused("change PID 1's " + name, lambda: resource.prlimit(1, which, (0, 0)))
    refused("read PID 1's " + name, lambda: resource.prlimit(1, which))
for which in (resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO, resource.RLIMIT_MEMLOCK):
    refused(f"lift {which}", lambda: resource.setrlimit(which, (-1, -1)))
refused("a better priority", lambda: os.nice(-1))
refused("PID 1's priority", lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
refused("PID 1's CPUs", lambda: os.sched_setaffinity(1, {0}))
print("\n".join(doors) or "held")
