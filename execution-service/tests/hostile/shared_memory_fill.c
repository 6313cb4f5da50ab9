// System V and anonymous shared memory, which belongs to no process.
// expect: memoryLimit
// limits: {"memoryBytes": 100663296, "wallMs": 15000, "cpuMs": 15000}
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
int main(void) {
    size_t size = 64 << 20;
    for (;;) {
        int id = shmget(IPC_PRIVATE, size, 0600);
        char *block = id == -1 ? MAP_FAILED : shmat(id, 0, 0);
        if (block == (char *)-1) block = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        memset(block, 1, size);
    }
}
