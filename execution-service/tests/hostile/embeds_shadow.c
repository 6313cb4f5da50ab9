// Has the assembler put a secret into the program.
// expect: compileError
#include <stdio.h>
extern const char secret[];
__asm__(".global secret\nsecret: .incbin \"/etc/shadow\"\n.byte 0");
int main(void) { puts(secret); }
