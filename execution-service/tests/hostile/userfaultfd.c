// Handles its own page faults, which stops the kernel wherever it reads memory of the program.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    REFUSED(syscall(SYS_userfaultfd, 0));
    REFUSED(syscall(SYS_userfaultfd, 1));
    REFUSED(open("/dev/userfaultfd", O_RDWR));
    REFUSED(open("/dev/fuse", O_RDWR));
    if (!open_doors) puts("held");
}
