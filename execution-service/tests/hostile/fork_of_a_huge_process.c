// Half the memory, and then children that write to their copies of it.
// expect: memoryLimit
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    size_t half = 128 << 20;
    volatile char *block = malloc(half);
    for (size_t at = 0; at < half; at += 4096) block[at] = 1;
    for (int child = 0; child < 8; child++) if (fork() == 0) { for (size_t at = 0; at < half; at += 4096) block[at] = 2; for (;;) pause(); }
    for (;;) pause();
}
