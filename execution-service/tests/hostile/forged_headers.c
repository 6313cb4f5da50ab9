// Nothing but headers of frames, of every kind and with the longest payload, cut anywhere.
// expect: outputLimit
// limits: {"outputBytes": 65536, "wallMs": 15000, "cpuMs": 15000}
#include <unistd.h>
int main(void) {
    unsigned char header[5] = {0, 255, 255, 255, 255};
    for (unsigned kind = 0;; kind++) {
        header[0] = kind;
        if (write(1 + kind % 2, header, 1 + kind % 5) < 0) return 3;
    }
}
