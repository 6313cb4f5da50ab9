// Everything that it may write to at once, files and memory, which count together.
// expect: memoryLimit
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    static char block[1 << 20];
    const char *folders[] = {"/work", "/tmp", "/dev/shm"};
    memset(block, 1, sizeof block);
    for (int folder = 0; folder < 3; folder++)
        for (int number = 0; number < 8; number++) {
            char path[64];
            snprintf(path, sizeof path, "%s/%d", folders[folder], number);
            int file = open(path, O_CREAT | O_WRONLY, 0600);
            for (int i = 0; i < 15 && write(file, block, sizeof block) > 0; i++) {}
            close(file);
        }
    for (;;) { char *more = malloc(1 << 20); if (more) memset(more, 1, 1 << 20); }
}
