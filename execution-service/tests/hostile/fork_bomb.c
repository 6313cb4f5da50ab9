// Forks as fast as it can, for ever.
// expect: processLimit
// limits: {"wallMs": 3000}
#include <unistd.h>
int main(void) { for (;;) fork(); }
