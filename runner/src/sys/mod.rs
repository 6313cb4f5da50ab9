//! The runner's unsafe code: what neither the standard library nor `nix` wraps.

mod attempts;
mod ipc;

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::unistd::{Gid, Uid, chdir, setgroups, setresgid, setresuid, setsid};
use runner::protocol::{End, WORK_DIR};

pub(crate) use attempts::{SHARED_KERNEL, attempt};
pub(crate) use ipc::remove_system_v_ipc;

/// The kernel's own value for "kill this one first".
const OOM_SCORE_ADJ: &[u8] = b"1000";

/// The kernel's lowest priority, for user code against the runner in the same container.
const NICE: libc::c_int = 19;

/// The kernel has 41 capabilities so far and stores them in 64 bits.
const CAPABILITY_BITS: libc::c_ulong = 64;

/// The last signal number on Linux, real-time signals included.
const LAST_SIGNAL: libc::c_int = 64;

/// `_LINUX_CAPABILITY_VERSION_3`: capability sets of 64 bits, as two halves.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Limits that a program starts with, soft and hard alike.
pub(crate) type Rlimits = [(Resource, rlim_t); 4];

/// What a child was doing between fork and exec when it failed, encoded into the one number that
/// the standard library carries back to the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetupFailure {
    stage: i32,
    errno: i32,
}

const STAGES: [&str; 8] =
    ["signals", "priority", "OOM score", "streams", "limits", "capabilities", "user", "directory"];
/// A step's standard streams, each with the mode of its pipe: anybody in the container may open it
/// the way round that it is meant to be used, and no other.
const STREAMS: [(libc::c_int, libc::mode_t); 3] =
    [(libc::STDIN_FILENO, 0o604), (libc::STDOUT_FILENO, 0o602), (libc::STDERR_FILENO, 0o602)];
const STAGE_SHIFT: u32 = 16;

impl SetupFailure {
    fn encode(stage: i32, error: Errno) -> io::Error {
        io::Error::from_raw_os_error(((stage + 1) << STAGE_SHIFT) | error as i32)
    }

    /// `None` if the error is not from the setup, so it is the program's: exec refused it.
    pub(crate) fn decode(error: &io::Error) -> Option<Self> {
        let raw = error.raw_os_error()?;
        let stage = (raw >> STAGE_SHIFT) - 1;
        (stage >= 0).then_some(Self { stage, errno: raw & ((1 << STAGE_SHIFT) - 1) })
    }

    /// The part of the setup that failed.
    pub(crate) fn stage(self) -> &'static str {
        usize::try_from(self.stage).ok().and_then(|stage| STAGES.get(stage)).unwrap_or(&"setup")
    }

    /// The kernel's reason.
    pub(crate) fn reason(self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

/// Makes the command's process give up everything the runner has, just before exec.
///
/// An error in here is told apart from exec's by [`SetupFailure::decode`].
pub(crate) fn confine_before_exec(command: &mut Command, user: u32, rlimits: Rlimits) {
    let confine = move || {
        let stages: [&dyn Fn() -> nix::Result<()>; STAGES.len()] = [
            &reset_signals,
            &yield_to_the_runner,
            &volunteer_for_oom,
            &open_streams,
            &|| rlimits.iter().try_for_each(|&(which, most)| setrlimit(which, most, most)),
            &drop_inheritable_rights,
            &|| become_step_user(user),
            &|| chdir(WORK_DIR),
        ];
        for (stage, apply) in (0..).zip(stages) {
            apply().map_err(|error| SetupFailure::encode(stage, error))?;
        }
        Ok(())
    };
    // SAFETY: the closure runs in the forked child of a process with one thread. It makes system
    // calls only: it allocates nothing, takes no lock and touches no state but its own.
    unsafe { command.pre_exec(confine) };
}

fn reset_signals() -> nix::Result<()> {
    setsid()?;
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: SIG_DFL installs no code. SIGKILL, SIGSTOP and the C library's own signals are
        // refused with EINVAL, and none of them can have been ignored by whoever started us.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
}

/// Lets the runner look at the clock in time while programs burn the container's CPU quota: with 60
/// processes on a quota of one CPU, a limit was noticed 150 ms late at worst, without this 440 ms.
fn yield_to_the_runner() -> nix::Result<()> {
    // SAFETY: takes numbers only.
    Errno::result(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) }).map(drop)
}

/// Makes this process die for want of memory before the runner does.
///
/// Only while it is root: the runner is not dumpable, so its child's /proc files belong to root.
fn volunteer_for_oom() -> nix::Result<()> {
    // SAFETY: the path is a NUL-terminated constant.
    let file = unsafe {
        libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC)
    };
    Errno::result(file)?;
    // SAFETY: the buffer is valid for its length; the descriptor was just opened, and is closed
    // once, here.
    let written = unsafe {
        let written = libc::write(file, OOM_SCORE_ADJ.as_ptr().cast(), OOM_SCORE_ADJ.len());
        libc::close(file);
        written
    };
    Errno::result(written).map(drop)
}

/// Lets the step's user open its own streams once more, as `/dev/stdin` and the like do: the pipes
/// belong to root, and are the step's alone.
fn open_streams() -> nix::Result<()> {
    for (stream, mode) in STREAMS {
        // SAFETY: takes numbers only.
        Errno::result(unsafe { libc::fchmod(stream, mode) })?;
    }
    Ok(())
}

/// Leaves nothing that a program could gain by executing another: no capability in the bounding
/// and ambient sets, no new privileges, and no descriptor but the three standard streams.
fn drop_inheritable_rights() -> nix::Result<()> {
    for capability in 0..CAPABILITY_BITS {
        // SAFETY: takes a number only. EINVAL marks the end of the capabilities this kernel knows.
        match Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability) }) {
            Ok(_) => {}
            Err(Errno::EINVAL) => break,
            Err(error) => return Err(error),
        }
    }
    clear_ambient_capabilities()?;
    prctl::set_no_new_privs()?;

    // Every descriptor of the runner is close-on-exec already; this is for one that a container
    // runtime left open (CVE-2024-21626). Kernels before 5.11 do not know the call.
    // SAFETY: marks descriptors, closes none.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
    };
    Ok(())
}

fn clear_ambient_capabilities() -> nix::Result<()> {
    let (clear_all, none) = (libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong, 0 as libc::c_ulong);
    // SAFETY: takes numbers only.
    let cleared = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, clear_all, none, none, none) };
    match Errno::result(cleared) {
        // A kernel without ambient capabilities has none to clear.
        Ok(_) | Err(Errno::EINVAL) => Ok(()),
        Err(error) => Err(error),
    }
}

fn become_step_user(user: u32) -> nix::Result<()> {
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(user));
    setgroups(&[])?;
    setresgid(group, group, group)?;
    setresuid(user, user, user)?;

    // The switch of all three ids empties the effective and permitted sets, not the inheritable.
    let header: [u32; 2] = [CAPABILITY_VERSION, 0];
    let nothing = [0_u32; 6];
    // SAFETY: the header names this process (0) and a version whose data is two triples of u32.
    let emptied = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), nothing.as_ptr()) };
    Errno::result(emptied).map(drop)
}

/// What [`wait_any`] found.
#[derive(Debug)]
pub(crate) enum Waited {
    /// This process has no child.
    NoChildren,
    /// It has, and all of them are running.
    NoneEnded,
    /// One ended and is collected now.
    Ended(Ended),
}

/// A process that is no more.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) pid: i32,
    pub(crate) end: End,
    /// Its own, and that of the children it waited for.
    pub(crate) cpu: Duration,
    pub(crate) largest_rss_bytes: u64,
}

/// Collects one ended child, if there is any, without waiting.
pub(crate) fn wait_any() -> io::Result<Waited> {
    let mut status = 0;
    // SAFETY: an all-zero rusage is a valid value of that plain C struct.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live, writable values of the types that wait4 fills.
    let pid = unsafe { libc::wait4(-1, &mut status, libc::WNOHANG | libc::__WALL, &mut usage) };
    match Errno::result(pid) {
        Ok(0) => Ok(Waited::NoneEnded),
        Ok(pid) => Ok(Waited::Ended(Ended {
            pid,
            end: end(status),
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            largest_rss_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1024),
        })),
        Err(Errno::ECHILD) => Ok(Waited::NoChildren),
        Err(error) => Err(error.into()),
    }
}

fn end(status: libc::c_int) -> End {
    if libc::WIFSIGNALED(status) {
        End::Signaled(libc::WTERMSIG(status))
    } else {
        End::Exited(libc::WEXITSTATUS(status))
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_setup_is_told_from_a_program_that_cannot_start() {
        let setup = SetupFailure::encode(2, Errno::EPERM);
        let decoded = SetupFailure::decode(&setup).unwrap();
        assert_eq!(decoded.stage(), "OOM score");
        assert_eq!(decoded.reason().raw_os_error(), Some(libc::EPERM));

        let missing = io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(SetupFailure::decode(&missing), None);
        assert_eq!(SetupFailure::decode(&io::ErrorKind::InvalidInput.into()), None);
    }

    #[test]
    fn a_wait_status_reads_as_exit_code_or_signal() {
        assert_eq!(end(3 << 8), End::Exited(3));
        assert_eq!(end(libc::SIGKILL), End::Signaled(libc::SIGKILL));
        assert_eq!(end(libc::SIGSEGV | 0x80), End::Signaled(libc::SIGSEGV));
    }
}
