// Burns CPU time in children that nobody waits for, so that no rusage ever shows it.
// expect: cpuLimit
// limits: {"cpuMs": 400, "wallMs": 15000}
#include <signal.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0) { while (clock() < CLOCKS_PER_SEC / 50) {} _exit(0); }
        usleep(25000);
    }
}
