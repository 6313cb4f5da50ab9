// Stopped processes do not act on signals, other than SIGKILL.
// expect: success
// stdout: stopped
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    for (int child = 0; child < 30; child++) {
        pid_t pid = fork();
        if (pid == 0) { raise(SIGSTOP); for (;;) pause(); }
        waitpid(pid, 0, WUNTRACED);
    }
    puts("stopped");
}
