// Opens files by their numbers, past every mount (CVE-2014-9357 and its kin).
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    union { struct file_handle handle; char room[64]; } root;
    memset(&root, 0, sizeof root);
    root.handle.handle_bytes = 8;
    root.handle.handle_type = 1;
    for (int inode = 1; inode < 16; inode++) {
        root.handle.f_handle[0] = inode;
        REFUSED(open_by_handle_at(open("/", O_RDONLY), &root.handle, O_RDONLY));
        REFUSED(open_by_handle_at(open("/etc/hosts", O_RDONLY), &root.handle, O_RDONLY));
        REFUSED(open_by_handle_at(open("/work", O_RDONLY), &root.handle, O_RDONLY));
    }
    if (!open_doors) puts("held");
}
