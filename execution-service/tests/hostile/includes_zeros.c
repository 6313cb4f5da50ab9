// A header that never ends.
// expect: memoryLimit|compileError|timeLimit
// compileLimits: {"wallMs": 3000}
#include "/dev/zero"
int main(void) {}
