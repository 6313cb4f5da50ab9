// Takes a descriptor out of PID 1: the one that its reports go to.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    int init = syscall(SYS_pidfd_open, 1, 0);
    for (int fd = 0; fd < 32; fd++) REFUSED(syscall(SYS_pidfd_getfd, init, fd, 0));
    int own = syscall(SYS_pidfd_open, getpid(), 0);
    REFUSED(syscall(SYS_pidfd_getfd, own, 1, 0));
    REFUSED(syscall(SYS_process_madvise, init, 0, 0, 0, 0));
    REFUSED(syscall(SYS_setns, init, 0x20000));
    REFUSED(syscall(SYS_setns, init, 0x10000000));
    if (!open_doors) puts("held");
}
