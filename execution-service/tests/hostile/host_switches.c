// What is one for the whole machine: power, swap, names, accounting, logs, ports, quotas.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    // Of what reboot can do, that which does least harm if it works: whether Ctrl-Alt-Del reboots.
    REFUSED(reboot(RB_DISABLE_CAD));
    REFUSED(swapon("/work/main", 0));
    REFUSED(swapoff("/work/main"));
    REFUSED(sethostname("owned", 5));
    REFUSED(setdomainname("owned", 5));
    REFUSED(acct("/work/main"));
    REFUSED(klogctl(10, 0, 0));
    REFUSED(klogctl(2, (char[16]){0}, 16));
    REFUSED(syscall(SYS_quotactl, 0x80000100, 0, 0, 0));
    REFUSED(syscall(SYS_fanotify_init, 0, 0));
    REFUSED(syscall(SYS_vhangup));
#ifdef SYS_iopl
    REFUSED(syscall(SYS_iopl, 3));
    REFUSED(syscall(SYS_ioperm, 0x60, 1, 1));
#endif
    if (!open_doors) puts("held");
}
