//! Which system calls user code may make: an allow list, held by a snapshot test.
//!
//! What is not on it does not exist (`ENOSYS`), so that programs fall back as they would on an older
//! kernel; what needs a privilege, or gives one, is forbidden (`EPERM`), as they expect it. Calls of
//! another architecture (i386, x32) kill: nothing in an image makes them. A filter for one
//! architecture alone is also built in a third less time, at the start of every container.
//!
//! The list serves the runner too, which becomes the step's user with it.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// Linux's numbers of the errors that are given.
const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;

/// Every flag of `clone` that makes a namespace: `CLONE_NEWNS`, `CLONE_NEWCGROUP`, `CLONE_NEWUTS`,
/// `CLONE_NEWIPC`, `CLONE_NEWUSER`, `CLONE_NEWPID` and `CLONE_NEWNET`.
const NAMESPACE_FLAGS: u64 = 0x7e02_0000;

/// Local and internet sockets; a container has no network but its own loopback.
const SOCKET_FAMILIES: [u64; 2] = [1, 2];

/// The personalities that a program may take: the usual one, and without address randomisation.
const PERSONALITIES: [u64; 3] = [0, 0x0004_0000, 0xffff_ffff];

/// Everything that programs and language runtimes use to compute, and to handle their own files,
/// processes, memory, time and local sockets.
const ALLOWED: [&str; 8] = [
    // Files and directories.
    "access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat \
     faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl \
     fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate \
     futimesat getcwd getdents getdents64 getxattr ioctl lchown lgetxattr link linkat listxattr \
     llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod mknodat newfstatat open \
     openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink \
     readlinkat readv removexattr rename renameat renameat2 rmdir sendfile setxattr splice stat \
     statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink \
     unlinkat utime utimensat utimes vmsplice write writev",
    // Waiting for files.
    "epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 \
     inotify_add_watch inotify_init inotify_init1 inotify_rm_watch pipe pipe2 poll ppoll \
     pselect6 select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime",
    // Memory.
    "brk get_mempolicy madvise mbind membarrier memfd_create mincore mlock mlock2 mlockall mmap \
     mprotect mremap msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect \
     remap_file_pages set_mempolicy",
    // Processes, threads and signals.
    "alarm arch_prctl execve execveat exit exit_group fork futex futex_wait futex_waitv \
     futex_wake get_robust_list get_thread_area getcpu getpgid getpgrp getpid getppid \
     getpriority getrlimit getrusage getsid gettid kill pause pidfd_open pidfd_send_signal \
     prctl prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask \
     rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo \
     sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr \
     sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr \
     sched_setparam sched_setscheduler sched_yield set_robust_list set_thread_area \
     set_tid_address setpgid setpriority setrlimit setsid sigaltstack sysinfo tgkill time times \
     tkill uname vfork wait4 waitid",
    // Who one is, and becoming less.
    "capget capset getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid \
     setfsuid setgid setgroups setregid setresgid setresuid setreuid setuid",
    // Time.
    "clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer \
     timer_create timer_delete timer_getoverrun timer_gettime timer_settime",
    // Talking to one another.
    "accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr \
     mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd \
     recvfrom recvmmsg recvmsg semctl semget semop semtimedop sendmmsg sendmsg sendto \
     setsockopt shmat shmctl shmdt shmget shutdown ",
    // Chance.
    "getrandom",
];

/// Known to programs, and refused in words that they know.
const FORBIDDEN: &str = "acct add_key adjtimex bpf chroot clock_adjtime clock_settime delete_module fanotify_init \
     finit_module init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp \
     kexec_file_load kexec_load keyctl lookup_dcookie mount mount_setattr move_mount move_pages \
     name_to_handle_at open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root \
     process_madvise process_vm_readv process_vm_writev ptrace quotactl reboot request_key \
     seccomp setdomainname sethostname setns settimeofday swapoff swapon syslog umount2 unshare \
     userfaultfd vhangup";

/// Known to programs, which do without. Engines before 23 do not know `defaultErrnoRet` and would
/// forbid them, which not every program takes for "not there". The flags of `clone3` lie in memory,
/// where a filter cannot look: programs fall back to `clone`. What `io_setup` reserves, it takes from
/// one amount for the whole host.
const ABSENT: &str = "clone3 cachestat fsconfig fsmount fsopen fspick futex_requeue io_pgetevents \
     landlock_add_rule landlock_create_ruleset landlock_restrict_self memfd_secret \
     migrate_pages process_mrelease quotactl_fd set_mempolicy_home_node io_cancel io_destroy \
     io_getevents io_setup io_submit";

static PROFILE: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The profile, as the engine takes it.
pub(super) fn profile() -> &'static str {
    &PROFILE
}

fn document() -> Value {
    let allowed = ALLOWED.join(" ");
    let mut rules = vec![
        json!({ "names": names(&allowed), "action": "SCMP_ACT_ALLOW" }),
        json!({ "names": names(FORBIDDEN), "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM }),
        json!({ "names": names(ABSENT), "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }),
        json!({
            "names": ["clone"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{
                "index": 0, "value": NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ",
            }],
        }),
    ];
    rules.extend(SOCKET_FAMILIES.map(|family| allowed_with("socket", family)));
    rules.push(beyond("socket", SOCKET_FAMILIES[SOCKET_FAMILIES.len() - 1], EAFNOSUPPORT));
    // There are no pairs of internet sockets.
    rules.push(allowed_with("socketpair", SOCKET_FAMILIES[0]));
    rules.push(beyond("socketpair", SOCKET_FAMILIES[0], EAFNOSUPPORT));
    rules.extend(PERSONALITIES.map(|personality| allowed_with("personality", personality)));
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": ENOSYS,
        "archMap": [
            { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": [] },
            { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": [] },
        ],
        "syscalls": rules,
    })
}

fn names(list: &str) -> Vec<&str> {
    list.split_whitespace().collect()
}

/// A call that is allowed with this first argument.
fn allowed_with(name: &str, first: u64) -> Value {
    json!({
        "names": [name],
        "action": "SCMP_ACT_ALLOW",
        "args": [{ "index": 0, "value": first, "op": "SCMP_CMP_EQ" }],
    })
}

/// A call that is refused with a first argument above this one.
fn beyond(name: &str, last: u64, error: u32) -> Value {
    json!({
        "names": [name],
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": error,
        "args": [{ "index": 0, "value": last, "op": "SCMP_CMP_GT" }],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn programs_may_make_these_system_calls() {
        insta::assert_json_snapshot!("seccomp", document());
    }

    #[test]
    fn no_call_is_listed_twice() {
        let all = [&*ALLOWED.join(" "), FORBIDDEN, ABSENT].join(" ");
        let names = names(&all);
        let unique: HashSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
    }
}
