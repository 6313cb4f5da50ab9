# What is no file, where files are to be that come back: reading some of it would never end.
# expect: success
# request: {"outputFiles": ["out/*"]}
# artifacts: ["out/real.txt"]
import os
os.mkdir("out")
with open("out/real.txt", "w") as file:
    file.write("mine")
import socket
os.mkfifo("out/fifo")
socket.socket(socket.AF_UNIX).bind("out/socket")
os.mkdir("out/folder")
os.symlink("/dev/zero", "out/zero")
