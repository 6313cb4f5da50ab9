// A timer that fires all the time, and a handler that raises more.
// expect: timeLimit
// limits: {"wallMs": 700, "cpuMs": 60000}
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
static void more(int number) { (void)number; kill(getpid(), SIGUSR1); }
int main(void) {
    struct itimerval always = {{0, 1}, {0, 1}};
    signal(SIGALRM, more);
    signal(SIGUSR1, SIG_IGN);
    setitimer(ITIMER_REAL, &always, 0);
    for (;;) pause();
}
