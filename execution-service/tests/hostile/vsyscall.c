// Calls the page that old programs find the time at, as gadgets do whose addresses must be fixed.
// expect: success|runtimeError
// stdout: held
#include <stdio.h>
int main(void) {
    puts("held");
    fflush(stdout);
#ifdef __x86_64__
    return ((long (*)(long *))0xffffffffff600400)(0) < 0;
#endif
}
