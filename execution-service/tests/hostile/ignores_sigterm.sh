# Ignores what a polite executor sends, and starts what does the same.
# expect: timeLimit
# limits: {"wallMs": 700}
trap '' TERM INT HUP QUIT ALRM XCPU
while :; do sleep 60 & wait; done
