#include <assert.h>
#include <stdio.h>

int main(int argc, char **argv) {
    (void)argv;
    puts("before");
    assert(argc > 1 && "an argument is needed");
    return 0;
}
