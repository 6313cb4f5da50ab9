// Sets the clocks of the machine.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    struct timespec now;
    struct timeval then;
    struct timex change;
    clock_gettime(CLOCK_REALTIME, &now);
    gettimeofday(&then, 0);
    // To what they are: if this works, it does no harm yet.
    REFUSED(clock_settime(CLOCK_REALTIME, &now));
    REFUSED(clock_settime(CLOCK_MONOTONIC, &now));
    REFUSED(settimeofday(&then, 0));
    memset(&change, 0, sizeof change);
    change.modes = ADJ_TICK;
    change.tick = 10000;
    REFUSED(adjtimex(&change));
    REFUSED(clock_adjtime(CLOCK_REALTIME, &change));
    now.tv_sec += 3600;
    timer_t timer;
    REFUSED(timer_create(CLOCK_REALTIME_ALARM, 0, &timer));
    if (!open_doors) puts("held");
}
