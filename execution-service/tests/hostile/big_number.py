# One operation that takes for ever, in which the interpreter looks at no signal.
# expect: timeLimit
# limits: {"wallMs": 700, "cpuMs": 60000}
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
9 ** 9 ** 9
