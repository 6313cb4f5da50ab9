// Frames in the compiler's own messages, before there is a program.
// expect: success
// stdout: held
#pragma message "\005\000\000\000\000\006\001\000\000\000\000\020\377\377\377\377"
#include <stdio.h>
int main(void) { puts("held"); }
