// Folders in folders, deeper than any path is long: whoever removes them one by one must not stumble.
// expect: success
// stdout: held
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
    for (int depth = 0; depth < 5000; depth++) if (mkdir("d", 0700) || chdir("d")) break;
    puts("held");
}
