// Children in sessions and process groups of their own outlive their parent, and ignore every signal.
// expect: success
// stdout: gone
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    for (int child = 0; child < 30; child++)
        if (fork() == 0) {
            if (child % 2) setsid(); else setpgid(0, 0);
            for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
            for (;;) pause();
        }
    puts("gone");
}
