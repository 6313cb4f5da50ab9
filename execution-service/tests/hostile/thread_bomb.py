# Threads until there are no more: Python gives up, and the verdict says why.
# expect: processLimit
import threading
import time
while True:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
