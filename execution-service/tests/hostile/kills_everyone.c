// Signals every process there is, and then PID 1 in every way there is.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    kill(-1, SIGKILL);
    int init = syscall(SYS_pidfd_open, 1, 0);
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    for (int number = 1; number < 65; number++) {
        REFUSED(kill(1, number));
        REFUSED(syscall(SYS_tkill, 1, number));
        REFUSED(syscall(SYS_tgkill, 1, 1, number));
        info.si_signo = number;
        REFUSED(syscall(SYS_rt_sigqueueinfo, 1, number, &info));
        REFUSED(syscall(SYS_pidfd_send_signal, init, number, 0, 0));
    }
    if (!open_doors) puts("held");
}
