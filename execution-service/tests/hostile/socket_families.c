// Sockets, and pairs of them, of every family but the two that programs need: each is code of the kernel's,
// which is not to be reached at all.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    for (int family = 0; family < 64; family++)
        for (int type = 1; type < 6; type++)
            if (family != AF_UNIX && family != AF_INET && socket(family, type, 0) != -1) {
                printf("possible: family %d, type %d\n", family, type);
                open_doors++;
            }
    int pair[2];
    for (int family = AF_INET; family < 64; family++)
        for (int type = 1; type < 6; type++)
            if (socketpair(family, type, 0, pair) != -1 || errno != EAFNOSUPPORT) {
                printf("possible: a pair of family %d, type %d\n", family, type);
                open_doors++;
            }
    for (int protocol = 0; protocol < 256; protocol += 1) {
        REFUSED(socket(AF_INET, SOCK_RAW, protocol));
        if (protocol != 0 && protocol != 6 && protocol != 17 && protocol != 1) REFUSED(socket(AF_INET, SOCK_STREAM, protocol));
    }
    REFUSED(socket(AF_INET, SOCK_PACKET, 0x300));
    if (!open_doors) puts("held");
}
