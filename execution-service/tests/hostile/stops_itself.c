// Stops itself, so that it uses no CPU time and never ends.
// expect: timeLimit
// limits: {"wallMs": 700}
#include <signal.h>
int main(void) { for (;;) raise(SIGSTOP); }
