// Children that ended and that nobody waits for keep their places; the program itself ends well.
// expect: success
// stdout: held
#include <stdio.h>
#include <unistd.h>
int main(void) {
    int children = 0;
    for (pid_t child; children < 100000 && (child = fork()) != -1; children++) if (child == 0) _exit(0);
    if (children < 100) puts("held"); else printf("possible: %d zombies\n", children);
}
