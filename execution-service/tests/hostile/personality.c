// Turns off what makes attacks hard, for itself: nobody else may notice.
// expect: success
// stdout: held
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
int main(void) {
    personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | MMAP_PAGE_ZERO);
    personality(PER_LINUX32);
    prctl(PR_SET_NAME, "airlock-runner");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    puts("held");
}
