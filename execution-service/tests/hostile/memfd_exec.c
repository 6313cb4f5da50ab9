// Runs a program that is in no file: it has no more rights than one that is.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **arguments) {
    char block[65536];
    if (count > 1) { puts(getuid() > 10000 && geteuid() == getuid() ? arguments[1] : "possible: another user"); return 0; }
    int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("program", 0);
    for (ssize_t length; (length = read(from, block, sizeof block)) > 0;) if (write(to, block, length) < 0) return 3;
    char *own[] = {"program", "held", 0}, *none[] = {0};
    fexecve(to, own, none);
    puts("held");
}
