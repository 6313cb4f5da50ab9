// Forks and ends, forks and ends: by the time that a process is found, its child has taken over. Whoever
// kills one process after another never catches it.
// expect: success
#include <unistd.h>
int main(void) {
    for (int lanes = 0; lanes < 8; lanes++)
        if (fork() == 0) for (;;) { pid_t child = fork(); if (child > 0) _exit(0); }
}
