// Asks the kernel to kill others first when memory is short, PID 1 most of all, and then takes it all. (How
// far a process may lower its own score depends on the engine's capabilities; below the runner's, it only
// means that the whole container goes, and the verdict is the same: see oom_of_tiny_processes.c.)
// expect: memoryLimit
// stdout: held
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void ask(const char *path, const char *score) {
    FILE *file = fopen(path, "w");
    if (!file) return;
    setvbuf(file, 0, _IONBF, 0);
    if (fputs(score, file) >= 0) printf("possible: %s in %s\n", score, path);
    fclose(file);
}
int main(void) {
    const char *scores[] = {"-1000", "-999"};
    for (int i = 0; i < 2; i++) { ask("/proc/self/oom_score_adj", scores[i]); ask("/proc/1/oom_score_adj", scores[i]); }
    ask("/proc/self/oom_adj", "-17");
    ask("/proc/1/oom_score_adj", "1000");
    ask("/proc/1/oom_adj", "15");
    puts("held");
    fflush(stdout);
    for (;;) { char *more = malloc(1 << 20); if (more) memset(more, 1, 1 << 20); }
}
