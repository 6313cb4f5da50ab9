#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    char bytes[1 << 20];
};

/* Global and volatile, lest the compiler finds that nobody reads the blocks and leaves them out. */
struct block *volatile blocks;

int main(void) {
    for (;;) {
        struct block *block = malloc(sizeof *block);
        if (!block) abort();
        memset(block->bytes, 1, sizeof block->bytes);
        block->next = blocks;
        blocks = block;
    }
}
