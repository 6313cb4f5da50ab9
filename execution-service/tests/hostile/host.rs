//! The host as it was before, and what a program has changed of it or left on it.
//!
//! Other programs use the same host meanwhile, other Airlocks among them. So only what is the step
//! user's or belongs to this system's containers counts as left behind, and only what nobody else
//! has a reason to change is compared.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use e2e::docker;
use runner::protocol::USER_IDS;

use super::processes::{self, container_id};

/// What the two clocks may differ by when nobody sets one, between two looks.
const CLOCK_DRIFT: Duration = Duration::from_millis(500);

/// What a program that gets out would like to change.
const COMPARED: [&str; 24] = [
    "/proc/swaps",
    "/proc/sys/fs/file-max",
    "/proc/sys/fs/protected_hardlinks",
    "/proc/sys/fs/protected_symlinks",
    "/proc/sys/fs/suid_dumpable",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/core_uses_pid",
    "/proc/sys/kernel/domainname",
    "/proc/sys/kernel/dmesg_restrict",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/panic",
    "/proc/sys/kernel/perf_event_paranoid",
    "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/kernel/sysrq",
    "/proc/sys/kernel/tainted",
    "/proc/sys/kernel/threads-max",
    "/proc/sys/kernel/unprivileged_bpf_disabled",
    "/proc/sys/kernel/yama/ptrace_scope",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/vm/panic_on_oom",
];

/// Where nobody mounts anything while a system runs.
const SYSTEM_FOLDERS: [&str; 9] =
    ["/proc", "/sys", "/dev", "/etc", "/usr", "/bin", "/lib", "/root", "/home"];

/// What was true before the first program.
pub(crate) struct Host {
    prefix: String,
    facts: BTreeMap<String, String>,
    left_before: BTreeSet<String>,
    clocks: (SystemTime, Instant),
}

impl Host {
    /// Looks at it now. `prefix` marks the containers that are ours.
    pub(crate) async fn as_it_is(prefix: &str) -> Self {
        let mut host = Self {
            prefix: prefix.to_owned(),
            facts: facts(),
            left_before: BTreeSet::new(),
            clocks: (SystemTime::now(), Instant::now()),
        };
        host.left_before = host.left().await;
        host
    }

    /// What is different now, or still there after it had time to go.
    pub(crate) async fn differences(&mut self, patience: Duration) -> Vec<String> {
        let deadline = Instant::now() + patience;
        let mut left = self.left().await;
        while !left.is_subset(&self.left_before) && Instant::now() < deadline {
            // The engine removes an ended container in its own time, and tells nobody when.
            tokio::time::sleep(Duration::from_millis(10)).await;
            left = self.left().await;
        }
        let mut problems: Vec<_> = left.difference(&self.left_before).cloned().collect();
        let facts = facts();
        for (what, before) in &self.facts {
            let now = facts.get(what).map_or("nothing", String::as_str);
            if now != before {
                problems.push(format!("{what} was {before:?} and is {now:?}"));
            }
        }
        // Told once: what one program changed is not the fault of those after it.
        self.facts = facts;
        self.left_before.extend(left);

        let (wall, steady) = self.clocks;
        self.clocks = (SystemTime::now(), Instant::now());
        let expected = wall + self.clocks.1.duration_since(steady);
        let drift = match self.clocks.0.duration_since(expected) {
            Ok(ahead) => ahead,
            Err(behind) => behind.duration(),
        };
        if drift > CLOCK_DRIFT {
            problems.push(format!("the clock was set by {drift:?}"));
        }
        problems
    }

    /// Everything of the step user's or of our containers' that no waiting container needs.
    async fn left(&self) -> BTreeSet<String> {
        let format = "{{.ID}} {{.State}} {{.Label \"airlock.instance\"}}";
        let (success, listed) = docker(&["ps", "--all", "--no-trunc", "--format", format]).await;
        assert!(success, "{listed}");
        let containers: HashMap<&str, (&str, &str)> = listed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, rest)| (id, rest.split_once(' ').unwrap_or((rest, ""))))
            .collect();
        let is_ours = |id: &str| containers.get(id).is_some_and(|(_, of)| *of == self.prefix);

        let mut left = BTreeSet::new();
        for (id, (state, of)) in &containers {
            if *of == self.prefix && !["running", "created"].contains(state) {
                left.insert(format!("container {id}, {state}"));
            }
        }
        let processes = processes::all();
        let used: HashSet<_> = processes
            .iter()
            .filter(|process| process.is_init && process.has_had_children)
            .filter_map(|process| process.container.as_deref().filter(|id| is_ours(id)))
            .collect();
        left.extend(used.iter().map(|id| format!("container {id}, which has run a program")));
        for process in processes.iter().filter(|process| USER_IDS.contains(&process.user)) {
            let at_home = process
                .container
                .as_deref()
                .is_some_and(|id| containers.contains_key(id) && !used.contains(id));
            if !at_home {
                left.insert(format!("process {} ({})", process.pid, process.name));
            }
        }
        let mut cgroups = Vec::new();
        collect_cgroups(Path::new("/sys/fs/cgroup"), 3, &mut cgroups);
        let orphaned = cgroups.into_iter().filter(|id| !containers.contains_key(id.as_str()));
        left.extend(orphaned.map(|id| format!("cgroup of {id}")));
        left.extend(ipc().chain(sockets()).chain(keys()).chain(files()).chain(loop_devices()));
        left
    }
}

/// The names of all containers' cgroups, up to this depth.
fn collect_cgroups(folder: &Path, depth: usize, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            match entry.file_name().to_str().and_then(container_id) {
                Some(id) => found.push(id),
                None if depth > 1 => collect_cgroups(&entry.path(), depth - 1, found),
                None => {}
            }
        }
    }
}

/// System V objects of the step user's.
fn ipc() -> impl Iterator<Item = String> {
    ["shm", "sem", "msg"]
        .into_iter()
        .flat_map(|kind| owned(&format!("/proc/sysvipc/{kind}"), &["uid", "cuid"]))
}

/// Sockets of the step user's in the host's network.
fn sockets() -> impl Iterator<Item = String> {
    ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"]
        .into_iter()
        .flat_map(|kind| owned(&format!("/proc/net/{kind}"), &["uid"]))
}

/// The lines of a table of the kernel's in which the step user is in one of these columns.
fn owned(table: &str, columns: &[&str]) -> Vec<String> {
    let text = fs::read_to_string(table).unwrap_or_default();
    // Two pairs of columns are headed separately and joined with `:` in each line.
    let header = text.lines().next().unwrap_or_default();
    let joined = ["tx_queue", "tr"];
    let names: Vec<_> = header.split_whitespace().filter(|name| !joined.contains(name)).collect();
    text.lines()
        .skip(1)
        .filter(|line| {
            let mut fields = names.iter().zip(line.split_whitespace());
            fields.any(|(name, value)| columns.contains(name) && is_a_step_user(value))
        })
        .map(|line| format!("in {table}: {line}"))
        .collect()
}

fn is_a_step_user(text: &str) -> bool {
    text.parse().is_ok_and(|user| USER_IDS.contains(&user))
}

/// Keys of the step user's.
fn keys() -> impl Iterator<Item = String> {
    let text = fs::read_to_string("/proc/key-users").unwrap_or_default();
    let lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
    lines
        .into_iter()
        .filter(|line| line.split(':').next().is_some_and(is_a_step_user))
        .map(|line| format!("key {line}"))
}

/// Files of the step user's where everybody may write.
fn files() -> impl Iterator<Item = String> {
    ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/var/spool/cron"].into_iter().flat_map(
        |folder| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let owned = entries
                .filter(|entry| entry.metadata().is_ok_and(|of| USER_IDS.contains(&of.uid())));
            owned.map(|entry| format!("file {:?}", entry.path())).collect::<Vec<_>>()
        },
    )
}

/// Files of a sandbox's that the host has as disks.
fn loop_devices() -> impl Iterator<Item = String> {
    fs::read_dir("/sys/block").into_iter().flatten().flatten().filter_map(|disk| {
        let backing = fs::read_to_string(disk.path().join("loop/backing_file")).ok()?;
        let in_a_sandbox =
            ["/work/", "/tmp/", "/dev/shm/"].iter().any(|of| backing.starts_with(of));
        let gone = !Path::new(backing.trim()).exists();
        (in_a_sandbox && gone).then(|| format!("loop device {:?} of {backing}", disk.file_name()))
    })
}

fn facts() -> BTreeMap<String, String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let mut facts: BTreeMap<_, _> =
        COMPARED.iter().map(|path| ((*path).to_owned(), read(path))).collect();
    let names = |path: &str| {
        let text = read(path);
        let mut names: Vec<_> =
            text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
        names.sort();
        names.join(" ")
    };
    facts.insert("kernel modules".into(), names("/proc/modules"));
    // Elsewhere, the engine mounts and unmounts for all containers on this host.
    let mounts = read("/proc/self/mounts");
    let target = |line: &str| line.split(' ').nth(1).unwrap_or_default().to_owned();
    let of_the_system = |line: &&str| {
        SYSTEM_FOLDERS.iter().any(|folder| Path::new(&target(line)).starts_with(folder))
    };
    let mounts: Vec<_> = mounts.lines().filter(of_the_system).collect();
    facts.insert("mounts".into(), mounts.join("\n"));
    let mut etc = BTreeMap::new();
    fingerprint(Path::new("/etc"), 4, &mut etc);
    fingerprint(Path::new("/var/spool/cron"), 2, &mut etc);
    facts.extend(etc);
    facts
}

/// When and to what length each file was written, up to this depth.
fn fingerprint(folder: &Path, depth: usize, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(of) = entry.metadata() else { continue };
        if of.is_dir() && depth > 1 {
            fingerprint(&entry.path(), depth - 1, found);
        } else {
            let state = (of.mtime(), of.mtime_nsec(), of.len(), of.mode(), of.uid(), of.ino());
            found.insert(entry.path().display().to_string(), format!("{state:?}"));
        }
    }
}
