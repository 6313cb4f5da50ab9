// Keys are kept per user, so between programs, and outlive them.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    REFUSED(syscall(SYS_add_key, "user", "left", "secret", 6, -4));
    REFUSED(syscall(SYS_add_key, "keyring", "left", 0, 0, -4));
    REFUSED(syscall(SYS_request_key, "user", "left", 0, -4));
    for (int keyring = -8; keyring < 0; keyring++) REFUSED(syscall(SYS_keyctl, 0, keyring, 1));
    REFUSED(syscall(SYS_keyctl, 1, "left"));
    REFUSED(syscall(SYS_keyctl, 22, -4));
    if (!open_doors) puts("held");
}
