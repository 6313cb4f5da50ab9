# Forks as fast as it can and does not mind being refused.
# expect: processLimit
# limits: {"wallMs": 3000}
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
