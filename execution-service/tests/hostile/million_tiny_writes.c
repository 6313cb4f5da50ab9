// A million writes of one byte: each may cost a frame.
// expect: outputLimit
// limits: {"outputBytes": 32768, "wallMs": 15000, "cpuMs": 15000}
#include <unistd.h>
int main(void) { for (int i = 0; i < 1000000; i++) (void)!write(1 + i % 2, "x", 1); }
