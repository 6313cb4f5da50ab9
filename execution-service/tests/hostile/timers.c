// Timers and queued signals, of which each user has a number.
// expect: success|memoryLimit
// limits: {"wallMs": 15000, "cpuMs": 15000}
// stdout: held
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    timer_t timer;
    sigset_t all;
    puts("held");
    fflush(stdout);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    for (int i = 0; i < 20000 && timer_create(CLOCK_MONOTONIC, 0, &timer) == 0; i++) {}
    for (int i = 0; i < 20000 && sigqueue(getpid(), SIGRTMIN, (union sigval){0}) == 0; i++) {}
}
