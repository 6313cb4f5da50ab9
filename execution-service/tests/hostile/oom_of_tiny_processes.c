// Takes the memory as files that belong to no process, and has only processes without a C library, smaller
// than the runner. The one that the kernel kills for want of memory must still not be the runner.
// expect: memoryLimit
// limits: {"memoryBytes": 100663296, "wallMs": 15000, "cpuMs": 15000}
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static const char *tiny =
    "static long call(long n, long a, long b, long c) { long r; __asm__ volatile(\"syscall\" : \"=a\"(r)\n"
    " : \"a\"(n), \"D\"(a), \"S\"(b), \"d\"(c) : \"rcx\", \"r11\", \"memory\"); return r; }\n"
    "static char page[4096] = {1};\n"
    "void _start(void) {\n"
    "  long score = call(2, (long)\"/proc/self/oom_score_adj\", 1, 0);\n"
    "  call(1, score, (long)\"500\", 3); call(3, score, 0, 0);\n"
    "  for (int i = 0; i < 40; i++) if (call(57, 0, 0, 0) == 0) break;\n"
    "  for (;;) { long file = call(319, (long)\"fill\", 0, 0);\n"
    "    if (file < 0) call(34, 0, 0, 0);\n"
    "    for (int i = 0; i < 3840; i++) call(1, file, (long)page, 4096); } }\n";
int main(void) {
    FILE *file = fopen("tiny.c", "w");
    fputs(tiny, file);
    fclose(file);
    if (system("gcc -O1 -static -nostdlib -fno-stack-protector -o tiny tiny.c")) return 3;
    execl("./tiny", "tiny", (char *)0);
    return 4;
}
