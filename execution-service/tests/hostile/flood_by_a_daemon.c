// What writes is not what was started, which waits in silence.
// expect: outputLimit
#include <unistd.h>
int main(void) {
    if (fork() == 0) { setsid(); if (fork() == 0) for (;;) (void)!write(1, "flood\n", 6); _exit(0); }
    for (;;) pause();
}
