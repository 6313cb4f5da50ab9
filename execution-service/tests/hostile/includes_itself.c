// Includes itself, twice, until the compiler has had enough.
// expect: compileError|timeLimit|outputLimit|memoryLimit
// compileLimits: {"wallMs": 1000}
#include __FILE__
#include __FILE__
int main(void) {}
