// Reserves asynchronous I/O, of which there is one amount for all of the host (fs.aio-max-nr).
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    for (int i = 0; i < 4; i++) {
        unsigned long context = 0;
        REFUSED(syscall(SYS_io_setup, 16384, &context));
    }
    if (!open_doors) puts("held");
}
