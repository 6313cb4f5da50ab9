/* Preloaded into a process, makes its clock wrong by so many seconds. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  const char *skew = getenv("CHAOS_CLOCK_SKEW_SECONDS");
  /* The clock that only counts is left alone: no machine's is wrong in that way. */
  if (result == 0 && clock == CLOCK_REALTIME && skew != NULL) now->tv_sec += atol(skew);
  return result;
}
