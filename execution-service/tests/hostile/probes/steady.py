# A job as an honest user sends it: some arithmetic, about 100 ms of it.
total = 0
for i in range(1_000_000):
    total += i * i % 7
print("done")
