//! A program that tries what user code must not be able to do, and prints what it could.
//!
//! A worker runs it as a step, from a copy in the work directory, before it takes submissions: what
//! it finds holds for every submission, whatever its language.

use std::fs::{self, File, OpenOptions};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, Uid, chroot, setuid};
use runner::protocol::{PROBE_HELD, RUNNER_PATH};

use crate::identity::step_user;
use crate::sys;

/// Of each thread that is only there to be counted.
const STACK_BYTES: usize = 64 * 1024;

/// Runs the probe that the second argument names; the third says how far it goes.
pub(crate) fn run() -> ExitCode {
    let mut arguments = std::env::args().skip(2);
    let probe = arguments.next();
    let most = arguments.next().and_then(|most| most.parse().ok());
    match (probe.as_deref(), most) {
        (Some("shared-kernel"), None) => report(rights().into_iter().chain(kernel()).collect()),
        (Some("own-kernel"), None) => report(rights()),
        (Some("release"), None) => tell_release(),
        (Some("memory"), Some(mebibytes)) => hog_memory(mebibytes),
        (Some("processes"), Some(threads)) => report(multiply(threads)),
        _ => ExitCode::from(2),
    }
}

/// Prints which kernel this is.
fn tell_release() -> ExitCode {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    print!("{release}");
    ExitCode::SUCCESS
}

fn report(possible: Vec<String>) -> ExitCode {
    if possible.is_empty() {
        print!("{PROBE_HELD}");
    }
    for weakness in &possible {
        println!("{weakness}");
    }
    ExitCode::from(u8::from(!possible.is_empty()))
}

/// What holds under every runtime: identity, capabilities, files, PID 1.
fn rights() -> Vec<String> {
    let mut possible = Vec::new();
    let mut refuse = |what: &str, allowed: bool| {
        if allowed {
            possible.push(format!("{what} is possible"));
        }
    };
    let own = step_user().ok().map(Uid::from_raw);
    refuse("running as another user", Some(Uid::current()) != own);
    refuse("becoming root", setuid(Uid::from_raw(0)).is_ok());
    refuse("a new root directory", chroot("/tmp").is_ok());
    refuse("signalling PID 1", kill(Pid::from_raw(1), None).is_ok());
    refuse("reading the runner", File::open(RUNNER_PATH).is_ok());
    refuse("reading PID 1's memory", File::open("/proc/1/mem").is_ok());
    refuse("reading PID 1's environment", fs::read("/proc/1/environ").is_ok());
    refuse("writing to the root", creates("/airlock-probe"));
    refuse("writing to /etc", creates("/etc/airlock-probe"));
    refuse("writing to /sys/fs/cgroup", creates("/sys/fs/cgroup/airlock-probe"));
    refuse("writing to /proc/sys", opens_for_writing("/proc/sys/kernel/core_pattern"));
    refuse("writing to /proc/sysrq-trigger", opens_for_writing("/proc/sysrq-trigger"));
    refuse("reaching a network", has_network());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        let empty = field(&status, set).is_none_or(|set| set.trim_start_matches('0').is_empty());
        refuse(&format!("a capability ({set})"), !empty);
    }
    refuse("gaining privileges", field(&status, "NoNewPrivs").is_some_and(|set| set != "1"));
    possible
}

/// What holds where the host's kernel carries out the system calls.
fn kernel() -> Vec<String> {
    let mut possible = Vec::new();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if field(&status, "Seccomp") != Some("2") {
        possible.push("system calls are not filtered: seccomp is missing or off".to_owned());
    }
    for call in &sys::SHARED_KERNEL {
        match sys::attempt(call) {
            Err(Errno::EPERM | Errno::EACCES | Errno::ENOSYS | Errno::EAFNOSUPPORT) => {}
            Ok(()) | Err(_) => possible.push(format!("{} is possible", call.what)),
        }
    }
    possible
}

fn creates(path: &str) -> bool {
    OpenOptions::new().write(true).create(true).truncate(false).open(path).is_ok()
}

fn opens_for_writing(path: &str) -> bool {
    OpenOptions::new().write(true).open(path).is_ok()
}

fn has_network() -> bool {
    let Ok(interfaces) = fs::read_dir("/sys/class/net") else { return false };
    interfaces.flatten().any(|interface| interface.file_name() != "lo")
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// Takes so much memory, which should get it killed.
fn hog_memory(mebibytes: usize) -> ExitCode {
    let held: Vec<Vec<u8>> = (0..mebibytes).map(|_| vec![1; 1 << 20]).collect();
    report(vec![format!("using {} MiB of memory is possible", held.len())])
}

/// Starts so many threads, of which the last ones should be refused.
fn multiply(threads: usize) -> Vec<String> {
    let refused = (0..threads).any(|_| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        thread.spawn(std::thread::park).is_err()
    });
    let possible = (!refused).then(|| format!("starting {threads} processes is possible"));
    possible.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_their_whole_name() {
        let status = "Seccomp_filters:\t3\nSeccomp:\t2\n";
        assert_eq!(field(status, "Seccomp"), Some("2"));
        assert_eq!(field(status, "NoNewPrivs"), None);
    }
}
