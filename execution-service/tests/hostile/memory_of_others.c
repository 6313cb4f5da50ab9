// Reads and writes the memory of PID 1, and of a process of its own, without tracing them.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1}, own = {&here, 1};
    REFUSED(syscall(SYS_process_vm_readv, 1, &here, 1, &there, 1, 0));
    REFUSED(syscall(SYS_process_vm_writev, 1, &here, 1, &there, 1, 0));
    REFUSED(syscall(SYS_process_vm_readv, getpid(), &here, 1, &own, 1, 0));
    REFUSED(syscall(SYS_kcmp, 1, 1, 0, 0, 0));
    REFUSED(open("/proc/1/mem", O_RDWR));
    REFUSED(open("/proc/1/mem", O_RDONLY));
    REFUSED(open("/proc/1/maps", O_RDONLY));
    REFUSED(open("/proc/1/pagemap", O_RDONLY));
    REFUSED(open("/proc/1/syscall", O_RDONLY));
    REFUSED(open("/proc/1/stack", O_RDONLY));
    if (!open_doors) puts("held");
}
