// Files without a byte in them, as many as it gets: each takes memory of the kernel's.
// expect: memoryLimit
// limits: {"memoryBytes": 100663296, "wallMs": 15000, "cpuMs": 15000}
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    for (int number = 0; number < 1000000; number++) {
        char path[32];
        snprintf(path, sizeof path, "%d", number);
        int file = open(path, O_CREAT | O_WRONLY, 0600);
        if (file == -1) return 3;
        close(file);
    }
    puts("possible: a million files");
}
