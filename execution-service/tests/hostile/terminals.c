// Types into the terminal of whoever started it.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    char letter = 10;
    char selection[2] = {2, 0};
    for (int stream = 0; stream < 3; stream++) {
        REFUSED(ioctl(stream, TIOCSTI, &letter));
        REFUSED(ioctl(stream, 0x541C, selection));
        REFUSED(ioctl(stream, TIOCSCTTY, 1));
    }
    REFUSED(open("/dev/tty", O_RDWR));
    REFUSED(open("/dev/tty0", O_RDWR));
    REFUSED(open("/dev/tty1", O_RDWR));
    REFUSED(open("/dev/console", O_RDWR));
    if (!open_doors) puts("held");
}
