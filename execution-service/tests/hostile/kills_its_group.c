// Kills its own process group, in which the runner must not be.
// expect: runtimeError
// result: {"signal": 9, "exitCode": null}
#include <signal.h>
int main(void) { kill(0, SIGKILL); for (;;) {} }
