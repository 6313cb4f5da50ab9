// vfork and exec of itself: the parent is suspended each time, so there is no moment without a child.
// expect: processLimit
// limits: {"wallMs": 3000}
#include <unistd.h>
int main(void) {
    for (;;)
        if (vfork() == 0) { execl("/proc/self/exe", "again", (char *)0); _exit(1); }
}
