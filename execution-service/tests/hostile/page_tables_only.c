// Reads, and never writes: every page is the one of zeros, and only its page tables take memory.
// expect: memoryLimit
// limits: {"memoryBytes": 100663296, "wallMs": 15000, "cpuMs": 15000}
#define _GNU_SOURCE
#include <sys/mman.h>
int main(void) {
    size_t size = 64ul << 40, step = 2 << 20;
    volatile char *base = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return 3;
    madvise((void *)base, size, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < size; at += step) (void)base[at];
}
