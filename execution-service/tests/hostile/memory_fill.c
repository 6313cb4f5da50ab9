// Takes all the memory it can get, and uses it.
// expect: memoryLimit
#include <stdlib.h>
#include <string.h>
int main(void) { for (;;) { char *more = malloc(1 << 20); if (more) memset(more, 1, 1 << 20); } }
