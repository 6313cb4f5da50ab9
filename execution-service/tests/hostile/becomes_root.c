// Asks for another user, for groups and for capabilities, directly and by a file that grants them.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    unsigned header[2] = {0x20080522, 0}, all[6] = {-1, -1, -1, -1, -1, -1};
    unsigned char granted[20] = {1, 0, 0, 2, 255, 255, 255, 255};
    gid_t root = 0;
    REFUSED(setuid(0));
    REFUSED(setreuid(0, 0));
    REFUSED(setresuid(0, 0, 0));
    REFUSED(setgid(0));
    REFUSED(setresgid(0, 0, 0));
    REFUSED(setgroups(1, &root));
    REFUSED(syscall(SYS_capset, header, all));
    REFUSED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
    REFUSED(prctl(PR_SET_SECUREBITS, 1));
    REFUSED(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    for (int capability = 0; capability < 41; capability++)
        if (prctl(PR_CAPBSET_READ, capability) == 1) REFUSED(capability);
    setfsuid(0);
    if (setfsuid(-1) != (int)getuid() || getuid() < 10001) REFUSED(0);
    REFUSED(setxattr("/work/main", "security.capability", granted, sizeof granted, 0));
    REFUSED(chown("/work/main", 0, 0));
    if (system("cp /usr/bin/id own && chmod 6755 own && [ $(./own -u) = $(id -u) ]")) REFUSED(0);
    REFUSED(open("/etc/shadow", O_RDONLY));
    if (!open_doors) puts("held");
}
