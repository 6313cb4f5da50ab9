// A system call of 32-bit programs, which filters for 64-bit ones may not see.
// expect: runtimeError
// stdout: held
// result: {"exitCode": null}
#include <stdio.h>
int main(void) {
    puts("held");
    fflush(stdout);
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    printf("possible: pid %ld\n", result);
#else
    __builtin_trap();
#endif
}
