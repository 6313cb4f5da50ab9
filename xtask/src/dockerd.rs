//! A Docker daemon of our own, on a machine where no service manager keeps one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::answer::{START_LIMIT, await_answer};
use crate::{package, paths, progress};

const DAEMON_PID: &str = "/var/run/docker.pid";
const CONTAINERD_PID: &str = "/var/run/docker/containerd/containerd.pid";
/// The bridge of containers without a network of their own.
const BRIDGE: &str = "docker0";
/// A container runtime in C, where Debian's package has it.
const CRUN: &str = "/usr/bin/crun";
/// The cgroup that dockerd puts containers in, and its weight, in either version of cgroups: eight
/// times as much as usual.
const CONTAINERS_WEIGHT: [(&str, &str, &str); 2] = [
    ("/sys/fs/cgroup/cpu/docker", "cpu.shares", "8192"),
    ("/sys/fs/cgroup/docker", "cpu.weight", "800"),
];
/// A file that every cgroup has.
const CGROUP_MARK: &str = "cgroup.procs";
/// Where version 2 of cgroups is mounted beside version 1.
const HYBRID_CGROUP: &str = "/sys/fs/cgroup/unified";
/// How long it may take to stop the containers and itself.
const STOP_LIMIT: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(100);

/// A daemon that this run started. It goes on after the run unless it is stopped.
pub(crate) struct Daemon {
    child: Child,
}

/// Starts the daemon in a session of its own, after removing what a killed one left behind.
pub(crate) fn start() -> Result<Option<Daemon>> {
    if let Some(pid) = heal_pid(DAEMON_PID, "dockerd")? {
        progress::note(&format!(
            "a dockerd (process {pid}) is there but does not answer yet; waiting"
        ));
        await_answer(START_LIMIT, || Ok(())).with_context(|| {
            format!("process {pid} is a dockerd that does not answer: look into its log, end it, run this again")
        })?;
        return Ok(None);
    }
    heal_pid(CONTAINERD_PID, "containerd")?;
    if !package::found("iptables") {
        package::install(&["iptables"], &[])?;
    }
    favour_containers();
    let log_path = paths::state().join("dockerd.log");
    std::fs::create_dir_all(paths::state())?;
    progress::note(&format!("starting dockerd (log: {})", log_path.display()));
    let log =
        File::create(&log_path).with_context(|| format!("cannot write {}", log_path.display()))?;
    let mut child = command(uses_crun())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start dockerd")?;
    std::fs::write(own_pid_file(), child.id().to_string())?;
    let started = await_answer(START_LIMIT, || match child.try_wait()? {
        Some(status) => bail!("dockerd ended ({status}); its log says why: {}", log_path.display()),
        None => Ok(()),
    });
    let daemon = Daemon { child };
    if let Err(error) = started {
        daemon.stop();
        return Err(error);
    }
    Ok(Some(daemon))
}

/// The daemon's command line. What it runs for each container are short-lived programs, and a
/// sandbox engine's throughput is mostly what these cost: docs/sandbox.md has the figures.
fn command(crun: bool) -> Command {
    // In its own session neither Ctrl-C nor the end of the terminal reaches it.
    let mut command = Command::new("setsid");
    if crun && Path::new(HYBRID_CGROUP).exists() {
        // crun refuses a host that mixes both versions of cgroups. Nothing here uses the second
        // one, so the daemon gets a view of the machine that has only the first.
        let without = format!("umount {HYBRID_CGROUP} && exec dockerd \"$@\"");
        command.args(["unshare", "--mount", "sh", "-c", &without, "dockerd"]);
    } else {
        command.arg("dockerd");
    }
    if crun {
        command.args(["--add-runtime", &format!("crun={CRUN}"), "--default-runtime", "crun"]);
    }
    command
        .args(["--log-level", "error", "--userland-proxy=false"])
        // Threads of their own for every CPU only cost Go programs of 10 ms time, and so does
        // collecting garbage in them. The daemon's own heap is bounded all the same.
        .envs([("GOMAXPROCS", "1"), ("GOGC", "400"), ("GOMEMLIMIT", "512MiB")]);
    command
}

/// Lets what runs in containers come before the engine's own work. Otherwise, all containers together
/// weigh as much as one of the many processes that start and remove others.
fn favour_containers() {
    for (cgroup, file, weight) in CONTAINERS_WEIGHT {
        let cgroup = Path::new(cgroup);
        // Whoever has no such controller, or may not, has an engine that is less considerate.
        if cgroup.parent().is_some_and(|parent| parent.join(CGROUP_MARK).exists()) {
            let _ = std::fs::create_dir_all(cgroup);
            let _ = std::fs::write(cgroup.join(file), weight);
        }
    }
}

/// Whether the engine can have crun, which is no part of it and costs less than its own runtime.
fn uses_crun() -> bool {
    // A distribution without it has an engine that is slower, and just as good otherwise.
    if !Path::new(CRUN).exists() && package::can_install() {
        let _ = package::install(&[], &["crun"]);
    }
    Path::new(CRUN).exists()
}

/// An engine that lost its bridge answers, but cannot start a container: ours is started again,
/// someone else's is left to them.
pub(crate) fn heal_bridge() -> Result<()> {
    let Some(pid) = recorded(DAEMON_PID).filter(|pid| is(*pid, "dockerd")) else {
        // The daemon is on another machine, or in a namespace that we cannot judge.
        return Ok(());
    };
    if has_bridge() || !package::is_root() {
        return Ok(());
    }
    if recorded(own_pid_file()) != Some(pid) {
        bail!(
            "the Docker engine lost its bridge docker0: restart it (`systemctl restart docker`), then run this again"
        );
    }
    progress::note("the engine lost its bridge docker0; restarting it");
    terminate(pid, || !is(pid, "dockerd"));
    // It ran before this run, so it goes on after it.
    start().map(drop)
}

fn has_bridge() -> bool {
    let devices = std::fs::read_to_string("/proc/net/dev").unwrap_or_default();
    devices.lines().any(|line| line.trim_start().starts_with(&format!("{BRIDGE}:")))
}

impl Daemon {
    /// Stops the daemon with its containers.
    pub(crate) fn stop(mut self) {
        progress::note("stopping the dockerd that was started for this run");
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let child = &mut self.child;
            terminate(pid, || !matches!(child.try_wait(), Ok(None)));
        }
        // A leftover file is harmless: its process is checked before it is believed.
        let _ = std::fs::remove_file(own_pid_file());
    }
}

/// The process of the daemon that some run of `./dev` started and that still runs.
pub(crate) fn own_running() -> Option<i32> {
    recorded(own_pid_file()).filter(|pid| is(*pid, "dockerd"))
}

fn own_pid_file() -> PathBuf {
    paths::state().join("dockerd.pid")
}

/// Returns the process that a pid file names if it is alive and the right program. Otherwise the
/// file is stale, and removed: a daemon does not start beside it.
fn heal_pid(path: &str, program: &str) -> Result<Option<i32>> {
    if !Path::new(path).exists() {
        return Ok(None);
    }
    if let Some(pid) = recorded(path).filter(|pid| is(*pid, program)) {
        return Ok(Some(pid));
    }
    progress::note(&format!("removing {path}: its process is gone"));
    std::fs::remove_file(path).with_context(|| format!("cannot remove {path}"))?;
    Ok(None)
}

fn recorded(path: impl AsRef<Path>) -> Option<i32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok().filter(|pid| *pid > 1)
}

/// Whether this process runs this program: a number alone may have been given to another since.
fn is(pid: i32, program: &str) -> bool {
    let zombie = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'))
    };
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == program)
        && !zombie()
}

fn terminate(pid: i32, mut ended: impl FnMut() -> bool) {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        // Fails only when it is gone already, which is what is wanted.
        let _ = kill(Pid::from_raw(pid), signal);
        let deadline = Instant::now() + STOP_LIMIT;
        while Instant::now() < deadline {
            if ended() {
                return;
            }
            std::thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_only_taken_for_a_daemon_by_its_name() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(!is(own, "dockerd"));
    }

    #[test]
    fn a_stale_pid_file_is_removed_and_a_missing_one_is_fine() {
        let path = std::env::temp_dir().join(format!("airlock-stale-{}.pid", std::process::id()));
        std::fs::write(&path, std::process::id().to_string()).unwrap();
        let name = path.to_str().unwrap();
        assert_eq!(heal_pid(name, "dockerd").unwrap(), None);
        assert!(!path.exists());
        assert_eq!(heal_pid(name, "dockerd").unwrap(), None);
    }
}
