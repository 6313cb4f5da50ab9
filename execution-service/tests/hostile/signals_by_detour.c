// Has the kernel send PID 1 a signal: for input on a pipe, by a timer, at the end of a child.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
static char stack[65536];
static int end(void *none) { (void)none; return 0; }
int main(void) {
    int pipes[2];
    if (pipe(pipes) == 0) {
        fcntl(pipes[0], F_SETOWN, 1);
        fcntl(pipes[0], F_SETSIG, SIGKILL);
        fcntl(pipes[0], F_SETFL, O_ASYNC);
        (void)!write(pipes[1], "x", 1);
    }
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGTERM;
    event.sigev_notify_thread_id = 1;
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) puts("possible: a timer that signals PID 1");
    // A sibling tells their common parent, PID 1, of its end; an orphan would with a signal of its choice.
    clone(end, stack + sizeof stack, CLONE_PARENT | SIGTERM, 0);
    if (fork() == 0) { clone(end, stack + sizeof stack, SIGTERM, 0); _exit(0); }
    wait(0);
    puts("held");
}
