// Takes the CPUs before everybody else.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    struct sched_param first = {1};
    struct { unsigned size, policy; unsigned long flags; int nice; unsigned priority; unsigned long runtime, deadline, period; } deadline
        = {48, 6, 0, 0, 0, 10000000, 30000000, 30000000};
    REFUSED(sched_setscheduler(0, SCHED_FIFO, &first));
    REFUSED(sched_setscheduler(0, SCHED_RR, &first));
    REFUSED(syscall(SYS_sched_setattr, 0, &deadline, 0));
    REFUSED(setpriority(PRIO_PROCESS, 0, -20));
    REFUSED(setpriority(PRIO_PROCESS, 0, 0));
    REFUSED(setpriority(PRIO_PROCESS, 1, 19));
    REFUSED(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    REFUSED(syscall(SYS_ioprio_set, 1, 1, 3 << 13));
    REFUSED(sched_setaffinity(1, 8, (cpu_set_t *)"\1\0\0\0\0\0\0\0"));
    REFUSED(syscall(SYS_migrate_pages, 1, 1, "\1", "\1"));
    REFUSED(syscall(SYS_move_pages, 1, 0, 0, 0, 0, 0));
    // More than the container may have at all.
    void *block = mmap(0, 512 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REFUSED(mlock(block, 512 << 20));
    if (!open_doors) puts("held");
}
