// Has itself loaded into what it starts, hoping that something of that has more rights than it.
// expect: success
// stdout: held
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    const char *programs[] = {"/airlock-runner", "/bin/su", "/bin/mount", "/usr/bin/passwd", "/bin/true", "/proc/1/exe"};
    FILE *file = fopen("own.c", "w");
    fputs("#include <stdio.h>\n#include <unistd.h>\n"
          "__attribute__((constructor)) static void own(void) { if (getuid() < 10001 || geteuid() != getuid()) dprintf(9, \"possible: another user\\n\"); }\n", file);
    fclose(file);
    if (system("gcc -shared -fPIC -o own.so own.c")) return 3;
    setenv("LD_PRELOAD", "/work/own.so", 1);
    setenv("LD_AUDIT", "/work/own.so", 1);
    dup2(1, 9);
    for (int i = 0; i < 6; i++)
        if (fork() == 0) {
            int nowhere = open("/dev/null", O_RDWR);
            for (int stream = 0; stream < 3; stream++) dup2(nowhere, stream);
            execl(programs[i], programs[i], (char *)0);
            _exit(0);
        }
    while (wait(0) > 0) {}
    puts("held");
}
