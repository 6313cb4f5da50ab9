// A system call by its x32 number, which filters by number may not see. The kernel need not know them.
// expect: runtimeError
// stdout: held
// result: {"signal": 31}
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    puts("held");
    fflush(stdout);
#ifdef __x86_64__
    printf("possible: pid %ld\n", syscall(0x40000000 | SYS_getpid));
#else
    raise(SIGSYS);
#endif
}
