# Names that are no text, too long, or look like a way out.
# expect: success
# stdout: held
# request: {"outputFiles": ["out/*"]}
import os
os.mkdir("out")
for name in (b"\xff\xfe", b"n" * 255, b"new\nline", b"\x1b[31m", b"..%2f..%2fetc", b"..\\..\\etc", b"-rf", b"*", b"a\xe2\x80\xae.txt", b" ", b"..."):
    with open(b"out/" + name, "wb") as file:
        file.write(b"x")
print("held")
