// Threads without end; they count as processes do.
// expect: processLimit
// limits: {"wallMs": 3000}
#include <pthread.h>
#include <unistd.h>
static void *wait(void *none) { for (;;) pause(); return none; }
int main(void) { pthread_t thread; for (;;) pthread_create(&thread, 0, wait, 0); }
