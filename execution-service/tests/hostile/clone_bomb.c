// Makes siblings instead of children (CLONE_PARENT), which share its memory and die without a signal.
// expect: processLimit
// limits: {"wallMs": 3000}
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>
static char stacks[256][4096];
static int child(void *none) { (void)none; for (;;) pause(); }
int main(void) {
    for (unsigned i = 0;; i++)
        clone(child, stacks[i % 256] + 4096, CLONE_PARENT | CLONE_VM | CLONE_FILES, 0);
}
