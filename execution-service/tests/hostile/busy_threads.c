// Computes in as many threads as it gets, to take every CPU there is.
// expect: cpuLimit
// limits: {"cpuMs": 600, "wallMs": 15000}
#include <pthread.h>
static void *burn(void *none) { for (;;) {} return none; }
int main(void) { pthread_t thread; for (int i = 0; i < 32; i++) pthread_create(&thread, 0, burn, 0); burn(0); }
