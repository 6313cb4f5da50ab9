// A header that never ends.
// expect: memoryLimit|compileError|timeLimit
// compileLimits: {"wallMs": 1000}
#include "/dev/zero"
int main(void) {}
