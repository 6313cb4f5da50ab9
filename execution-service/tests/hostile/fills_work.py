# Fills the work directory, with files that are each small enough.
# expect: success
# stdout: No space left on device
block = b"x" * (1 << 20)
try:
    for number in range(1000):
        with open(f"fill{number}", "wb") as file:
            for _ in range(15):
                file.write(block)
except OSError as error:
    print(error.strerror)
