// Traces PID 1, its parent, and a child of its own.
// expect: success
// stdout: held
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    REFUSED(ptrace(PTRACE_ATTACH, 1, 0, 0));
    REFUSED(ptrace(PTRACE_SEIZE, 1, 0, 0));
    REFUSED(ptrace(PTRACE_TRACEME, 0, 0, 0));
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    REFUSED(ptrace(PTRACE_ATTACH, child, 0, 0));
    if (!open_doors) puts("held");
}
