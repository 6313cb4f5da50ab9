// Recursion without end.
// expect: runtimeError
// result: {"signal": 11}
__attribute__((noinline)) static int deeper(volatile int *last) { volatile int here[256]; here[0] = *last; return deeper(here) + here[0]; }
int main(void) { volatile int first = 1; return deeper(&first); }
