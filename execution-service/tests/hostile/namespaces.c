// Makes or enters namespaces, in which it would be root, in every way there is.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
static char stack[65536];
static int end(void *none) { (void)none; return 0; }
int main(void) {
    const int kinds[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP};
    const char *names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
    for (int i = 0; i < 7; i++) {
        unsigned long arguments[11] = {kinds[i] | CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
        REFUSED(clone(end, stack + sizeof stack, kinds[i] | SIGCHLD, 0));
        REFUSED(clone(end, stack + sizeof stack, kinds[i] | CLONE_NEWUSER | SIGCHLD, 0));
        long child = syscall(SYS_clone3, arguments, sizeof arguments);
        if (child == 0) _exit(0);
        REFUSED(child);
    }
    for (int i = 0; i < 8; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        REFUSED(setns(open(path, O_RDONLY), 0));
    }
    for (int i = 0; i < 7; i++) REFUSED(unshare(kinds[i]));
    REFUSED(unshare(0x80));
    if (!open_doors) puts("held");
}
