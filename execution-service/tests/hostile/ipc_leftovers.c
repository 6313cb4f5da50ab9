// Shared memory, semaphores and queues, which outlive whoever made them.
// expect: success
// stdout: left
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
int main(void) {
    struct { long kind; char text[4096]; } message = {1, "left"};
    for (int key = 1; key < 200; key++) {
        shmget(key, 4096, IPC_CREAT | 0666);
        semget(key, 100, IPC_CREAT | 0666);
        int queue = msgget(key, IPC_CREAT | 0666);
        for (int i = 0; i < 4; i++) msgsnd(queue, &message, sizeof message.text, IPC_NOWAIT);
        char name[32];
        snprintf(name, sizeof name, "/left%d", key);
        mq_open(name, O_CREAT | O_RDWR, 0666, (struct mq_attr *)0);
        shm_open(name, O_CREAT | O_RDWR, 0666);
        sem_open(name, O_CREAT, 0666, 1);
    }
    puts("left");
}
