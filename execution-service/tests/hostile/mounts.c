// Mounts, unmounts and moves its root, by the old calls and by the new.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    struct { unsigned long set, clear, propagation, user; } attributes = {0, 1, 0, 0};
    REFUSED(mount("none", "/work", "tmpfs", 0, 0));
    REFUSED(mount("/proc", "/work", 0, MS_BIND, 0));
    REFUSED(mount(0, "/", 0, MS_REMOUNT | MS_BIND, 0));
    REFUSED(mount(0, "/sys/fs/cgroup", 0, MS_REMOUNT | MS_BIND, 0));
    REFUSED(mount(0, "/tmp", 0, MS_REMOUNT | MS_BIND, 0));
    REFUSED(umount2("/proc/kcore", MNT_DETACH));
    REFUSED(umount2("/sys", MNT_DETACH));
    REFUSED(umount2("/work", MNT_DETACH));
    REFUSED(chroot("/work"));
    REFUSED(syscall(SYS_pivot_root, "/work", "/work"));
    REFUSED(syscall(SYS_fsopen, "tmpfs", 0));
    REFUSED(syscall(SYS_fspick, -100, "/work", 0));
    REFUSED(syscall(SYS_open_tree, -100, "/", 1));
    REFUSED(syscall(SYS_move_mount, -100, "/tmp", -100, "/work", 0));
    REFUSED(syscall(SYS_mount_setattr, -100, "/", 0, &attributes, sizeof attributes));
    if (!open_doors) puts("held");
}
