# What every job must find: a sandbox that nobody has used, with all of its limits in place.
import fcntl, os, resource, socket

problems = []


def expect(what, found, *wanted):
    if found not in wanted:
        problems.append(f"{what}: {found!r}")


def read(path):
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return None


expect("/work", os.listdir("/work"), ["main.py"])
for folder in ("/tmp", "/dev/shm", "/dev/mqueue"):
    expect(folder, os.listdir(folder) if os.path.isdir(folder) else [], [])
pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
expect("processes", pids - {1, os.getpid()}, set())
for table in ("shm", "sem", "msg"):
    expect(table, len((read("/proc/sysvipc/" + table) or "-").splitlines()), 1)
expect("unix sockets", len((read("/proc/net/unix") or "-").splitlines()), 1)
expect("interfaces", os.listdir("/sys/class/net"), ["lo"])
user = os.stat("/work").st_uid
expect("user", 10001 <= user <= 50000, True)
expect("identity", (os.getresuid(), os.getresgid(), os.getgroups()), ((user,) * 3, (user,) * 3, []))
expect("hostname", socket.gethostname(), "airlock")

status = dict(line.split(":\t", 1) for line in read("/proc/self/status").splitlines())
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "SigBlk"):
    expect(name, int(status[name], 16), 0)
expect("NoNewPrivs", status["NoNewPrivs"], "1")
expect("Seccomp", status["Seccomp"], "2")
expect("personality", read("/proc/self/personality"), "00000000", None)
expect("cpus", len(os.sched_getaffinity(0)), os.cpu_count())
expect("oom_score_adj", read("/proc/self/oom_score_adj"), "1000")
expect("core", resource.getrlimit(resource.RLIMIT_CORE), (0, 0))
expect("open files", resource.getrlimit(resource.RLIMIT_NOFILE), (256, 256))
expect("file size", resource.getrlimit(resource.RLIMIT_FSIZE), (16777216, 16777216))

v1, v2 = "/sys/fs/cgroup/memory/memory.", "/sys/fs/cgroup/memory."
memory = read(v1 + "limit_in_bytes") or read(v2 + "max")
# 256 MiB for the program, and two for the runner.
expect("memory", memory, "270532608")
swap = read(v1 + "memsw.limit_in_bytes") or read(v2 + "swap.max")
expect("memory and swap", swap, "270532608", "0", None)
expect("pids", read("/sys/fs/cgroup/pids/pids.max") or read("/sys/fs/cgroup/pids.max"), "65")
with open("/etc/passwd") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        problems.append(f"a lock is left: {error}")

print("\n".join(problems) or "clean")
