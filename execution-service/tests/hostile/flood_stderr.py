# Complaints without end.
# expect: outputLimit
# result: {"stdErrorTruncated": true, "stdOutput": "first\n"}
import sys
print("first")
while True:
    sys.stderr.write("complaint " * 1000)
