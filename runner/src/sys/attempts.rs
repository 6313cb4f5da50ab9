//! System calls that must be refused to user code, for the probe to try.

use nix::errno::Errno;

/// A call, by what it would allow.
pub(crate) struct Call {
    pub(crate) what: &'static str,
    number: libc::c_long,
    arguments: [libc::c_long; 3],
}

const fn call(what: &'static str, number: libc::c_long, arguments: [libc::c_long; 3]) -> Call {
    Call { what, number, arguments }
}

/// Ways into a kernel that is shared with the host. What else they take is 0: an allowed call then
/// fails on its arguments, or makes something that ends with the probe.
pub(crate) const SHARED_KERNEL: [Call; 14] = [
    call("a user namespace", libc::SYS_unshare, [libc::CLONE_NEWUSER as _, 0, 0]),
    call("a mount namespace", libc::SYS_unshare, [libc::CLONE_NEWNS as _, 0, 0]),
    call("tracing", libc::SYS_ptrace, [libc::PTRACE_TRACEME as _, 0, 0]),
    // KEYCTL_GET_KEYRING_ID of the session's keyring.
    call("keyrings", libc::SYS_keyctl, [0, -3, 0]),
    call("BPF", libc::SYS_bpf, [0, 0, 0]),
    call("performance events", libc::SYS_perf_event_open, [0, 0, -1]),
    call("userfaultfd", libc::SYS_userfaultfd, [1, 0, 0]),
    call("io_uring", libc::SYS_io_uring_setup, [1, 0, 0]),
    call("fanotify", libc::SYS_fanotify_init, [0, 0, 0]),
    call("mounting", libc::SYS_fsopen, [0, 0, 0]),
    call("netlink sockets", libc::SYS_socket, [libc::AF_NETLINK as _, libc::SOCK_RAW as _, 0]),
    call("packet sockets", libc::SYS_socket, [libc::AF_PACKET as _, libc::SOCK_RAW as _, 0]),
    call("kernel crypto sockets", libc::SYS_socket, [libc::AF_ALG as _, 5, 0]),
    call("VM sockets", libc::SYS_socket, [libc::AF_VSOCK as _, libc::SOCK_STREAM as _, 0]),
];

/// Tries a call. A refusal is an error that says so; anything else came from the call itself.
pub(crate) fn attempt(call: &Call) -> Result<(), Errno> {
    let [first, second, third] = call.arguments;
    // SAFETY: these calls get numbers and null pointers only, so none touches this process's memory.
    let result = unsafe { libc::syscall(call.number, first, second, third, 0, 0, 0) };
    Errno::result(result).map(drop)
}
