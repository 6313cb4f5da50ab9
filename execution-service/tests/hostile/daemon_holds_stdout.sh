# What it leaves running holds its stdout and keeps writing: its end must not wait for that of the stream.
# expect: success
# result: {"exitCode": 0}
(trap '' HUP TERM INT PIPE; while sleep 0.05; do echo still here; done) &
echo main is done
