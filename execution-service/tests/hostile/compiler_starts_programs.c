// Has the compiler run a shell, which leaves a daemon to meet the program that is compiled.
// expect: success|refused
// stdout: held
// request: {"compilerArgs": ["-wrapper", "/bin/sh,-c,(setsid sleep 600 >/dev/null 2>&1 &); exec \"$0\" \"$@\""]}
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(processes));) {
        int pid = atoi(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && pid != 1 && pid != getpid()) printf("possible: process %d\n", pid);
    }
    puts("held");
}
