# Reads what tells of the machine's memory, of the kernel's addresses, and of other programs.
# expect: success
# stdout: held
import os
doors = []
def text(path):
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16)
    except OSError:
        return b""
for path in ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats", "/proc/kmsg", "/dev/mem",
             "/dev/kmsg", "/proc/vmallocinfo", "/proc/slabinfo", "/proc/kpagecount", "/proc/kpageflags", "/proc/kpagecgroup",
             "/proc/1/environ", "/proc/1/maps", "/etc/shadow", "/sys/kernel/debug/sched/debug", "/proc/scsi/scsi"):
    if text(path):
        doors.append(path)
for path in ("/proc/kallsyms", "/proc/modules"):
    for line in text(path).splitlines()[:200]:
        address = line.split()[0] if path.endswith("syms") else line.split()[-1].removeprefix(b"0x")
        if address.strip(b"0") and line.count(b"\n") == 0 and len(address) == 16:
            doors.append(path)
            break
for folder in ("/sys/firmware", "/proc/acpi", "/proc/scsi", "/sys/kernel/debug", "/sys/kernel/security", "/sys/fs/bpf", "/sys/kernel/tracing"):
    try:
        if os.listdir(folder):
            doors.append(folder)
    except OSError:
        pass
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) not in (1, os.getpid()):
        doors.append("process " + pid)
print("\n".join(doors) or "held")
