// Opens files until there are no more descriptors, here and in children.
// expect: success
// stdout: held
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    int most = 0;
    for (int child = 0; child < 20; child++) if (fork() == 0) { while (open("/dev/null", O_RDONLY) != -1) {} sleep(60); }
    for (int file; (file = open("/dev/null", O_RDONLY)) != -1;) most = file;
    puts(most < 256 ? "held" : "possible: more than 256 descriptors");
}
