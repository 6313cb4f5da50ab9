// Has the compiler quote the environment of the runner.
// expect: compileError
#include "/proc/1/environ"
int main(void) {}
