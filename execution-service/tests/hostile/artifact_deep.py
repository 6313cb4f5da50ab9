# A search that goes deeper than any path is long, and patterns that take exponential time to match.
# expect: success|refused
# stdout: held
# request: {"outputFiles": ["**/**/**/**/**/**/**/x", "a*a*a*a*a*a*a*a*a*a*b"]}
import os
with open("a" * 250, "w"):
    pass
for depth in range(1000):
    os.mkdir("d" * 100)
    os.chdir("d" * 100)
print("held")
