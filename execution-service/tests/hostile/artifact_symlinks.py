# Links to what it may not read, where files are to be that come back.
# expect: success
# request: {"outputFiles": ["out/*", "linked/*", "passwd"]}
# artifacts: ["out/real.txt"]
import os
os.mkdir("out")
with open("out/real.txt", "w") as file:
    file.write("mine")
for name, target in (("passwd", "/etc/passwd"), ("shadow", "/etc/shadow"), ("runner", "/airlock-runner"), ("environ", "/proc/1/environ"), ("loop", "loop"), ("up", "../../etc/passwd"), ("memory", "/proc/self/mem"), ("self", "real.txt")):
    os.symlink(target, "out/" + name)
os.symlink("/etc", "linked")
os.symlink("/etc/passwd", "passwd")
