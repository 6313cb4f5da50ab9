// Makes system calls that no filter of system calls sees.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    unsigned parameters[30];
    memset(parameters, 0, sizeof parameters);
    REFUSED(syscall(SYS_io_uring_setup, 8, parameters));
    REFUSED(syscall(SYS_io_uring_register, -1, 0, 0, 0));
    REFUSED(syscall(SYS_io_uring_enter, 0, 1, 1, 0, 0, 0));
    if (!open_doors) puts("held");
}
