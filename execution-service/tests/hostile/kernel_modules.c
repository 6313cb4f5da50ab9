// Loads code into the kernel, by name and by the kinds of files that load it.
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
    REFUSED(syscall(SYS_init_module, "", 0, ""));
    REFUSED(syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY), "", 0));
    REFUSED(syscall(SYS_delete_module, "overlay", O_NONBLOCK));
    REFUSED(syscall(SYS_kexec_load, 0, 0, 0, 0));
    REFUSED(syscall(SYS_kexec_file_load, -1, -1, 0, 0, 0));
    if (!open_doors) puts("held");
}
