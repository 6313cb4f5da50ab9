// Asks for core dumps, then aborts while it has much to dump.
// expect: runtimeError
// stdout: held
// result: {"signal": 6}
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    prctl(PR_SET_DUMPABLE, 1);
    puts(setrlimit(RLIMIT_CORE, &all) == -1 ? "held" : "possible: a core limit of its own");
    fflush(stdout);
    memset(malloc(100 << 20), 1, 100 << 20);
    abort();
}
