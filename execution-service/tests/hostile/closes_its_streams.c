// Closes its streams, works on, and fails where nobody seems to listen any more.
// expect: runtimeError
// result: {"exitCode": 7, "stdOutput": "early\n"}
#include <stdio.h>
#include <unistd.h>
int main(void) {
    puts("early");
    fflush(stdout);
    for (int stream = 0; stream < 3; stream++) close(stream);
    usleep(150000);
    return 7;
}
