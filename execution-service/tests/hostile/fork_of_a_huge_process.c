// Half the memory, and then children that write to their copies of it.
// expect: memoryLimit
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    size_t half = 128 << 20;
    char *block = malloc(half);
    memset(block, 1, half);
    for (int child = 0; child < 8; child++) if (fork() == 0) { memset(block, 2, half); for (;;) pause(); }
    for (;;) pause();
}
