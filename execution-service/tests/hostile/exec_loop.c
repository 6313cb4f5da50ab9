// Becomes itself, again and again.
// expect: timeLimit
// limits: {"wallMs": 700, "cpuMs": 60000}
#include <unistd.h>
int main(void) { execl("/proc/self/exe", "again", (char *)0); return 3; }
