// Ignores and blocks whatever can be ignored or blocked.
// expect: timeLimit
// limits: {"wallMs": 700}
#include <signal.h>
#include <unistd.h>
int main(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
    for (;;) pause();
}
