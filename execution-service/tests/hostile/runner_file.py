# Reads, runs, replaces or removes the runner.
# expect: success
# stdout: held
import os
import subprocess
doors = []
def refused(what, attempt):
    try:
        attempt()
        doors.append(what)
    except OSError:
        pass
runner = "/airlock-runner"
refused("read", lambda: open(runner, "rb"))
refused("write", lambda: open(runner, "r+b"))
refused("run", lambda: subprocess.run([runner]))
refused("run by the loader", lambda: subprocess.run([runner], executable="/proc/1/exe"))
refused("remove", lambda: os.remove(runner))
refused("rename", lambda: os.rename(runner, "/runner"))
refused("link", lambda: os.link(runner, "/work/runner"))
refused("chmod", lambda: os.chmod(runner, 0o777))
refused("chown", lambda: os.chown(runner, os.getuid(), os.getgid()))
refused("truncate", lambda: os.truncate(runner, 0))
print("\n".join(doors) or "held")
