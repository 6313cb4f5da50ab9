// Loads programs into the kernel and counts what it does.
// expect: success
// stdout: held
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int open_doors;
#define REFUSED(attempt) ((attempt) == -1 ? 0 : (open_doors++, printf("possible: %s\n", #attempt)))
int main(void) {
    union bpf_attr map, program;
    struct bpf_insn instructions[] = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
    struct perf_event_attr event;
    memset(&map, 0, sizeof map);
    map.map_type = BPF_MAP_TYPE_ARRAY;
    map.key_size = map.value_size = 4;
    map.max_entries = 1;
    REFUSED(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
    memset(&program, 0, sizeof program);
    program.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    program.insn_cnt = 2;
    program.insns = (unsigned long)instructions;
    program.license = (unsigned long)"GPL";
    REFUSED(syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof program));
    memset(&event, 0, sizeof event);
    event.size = sizeof event;
    event.exclude_kernel = event.exclude_hv = 1;
    REFUSED(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    event.type = PERF_TYPE_SOFTWARE;
    REFUSED(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    if (!open_doors) puts("held");
}
