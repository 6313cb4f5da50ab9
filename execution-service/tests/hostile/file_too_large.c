// Writes one file past the limit of its size.
// expect: runtimeError
// result: {"signal": 25}
#include <fcntl.h>
#include <unistd.h>
int main(void) {
    static char block[1 << 20];
    int file = open("large", O_CREAT | O_WRONLY, 0600);
    for (;;) if (write(file, block, sizeof block) < 0) return 3;
}
