// Has every file system of the machine written out, again and again.
// expect: timeLimit
// limits: {"wallMs": 700, "cpuMs": 60000}
#include <unistd.h>
int main(void) { for (int child = 0; child < 4; child++) fork(); for (;;) sync(); }
