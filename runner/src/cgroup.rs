//! Reading what the container has used, on cgroup v2, v1 and the mix of both.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Where container runtimes mount the hierarchies, read-only.
pub(crate) const MOUNTS: &str = "/sys/fs/cgroup";

/// The hierarchies that a process belongs to.
pub(crate) const MEMBERSHIP: &str = "/proc/self/cgroup";

/// More than any of the files needs: the longest, v2's `cpu.stat`, starts with what is read here.
const READ_BYTES: usize = 1024;

/// The container's counters, kept open. One that the kernel does not offer is absent.
#[derive(Debug)]
pub(crate) struct Cgroup {
    cpu: Option<Counter>,
    peak_memory: Option<Counter>,
    oom_kills: Option<Counter>,
    process_limit_hits: Option<Counter>,
}

/// The counters' values at one moment, all since the container started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Readings {
    /// CPU time of every process, the runner's own included.
    pub(crate) cpu: Option<Duration>,
    /// The most memory charged at any moment, page cache and tmpfs included.
    pub(crate) peak_memory_bytes: Option<u64>,
    /// Processes killed for want of memory.
    pub(crate) oom_kills: u64,
    /// Refused new processes and threads.
    pub(crate) process_limit_hits: u64,
}

/// Takes away the right to write to the directory that the hierarchies are in from all but its owner,
/// the container's root: crun has it as a small file system that anyone may fill, and that would outlast
/// a test.
pub(crate) fn close_mounts(mounts: &Path) -> io::Result<()> {
    const WRITING: u32 = 0o022;
    let Ok(directory) = fs::metadata(mounts) else { return Ok(()) };
    let mode = directory.permissions().mode();
    match mode & WRITING {
        0 => Ok(()),
        _ => fs::set_permissions(mounts, Permissions::from_mode(mode & !WRITING)),
    }
}

impl Cgroup {
    /// Finds the counters below `mounts`, given the text of [`MEMBERSHIP`].
    pub(crate) fn open(mounts: &Path, membership: &str) -> Self {
        let v1 = |controller, file, field, per_unit| {
            let directories = v1_directories(mounts, membership, controller);
            Counter::open(&directories, file, field, per_unit)
        };
        let v2 = |file, field| Counter::open(&v2_directories(mounts, membership), file, field, 1);
        let nanoseconds = 1000;
        Self {
            cpu: v1("cpuacct", "cpuacct.usage", None, nanoseconds)
                .or_else(|| v2("cpu.stat", Some("usage_usec"))),
            peak_memory: v1("memory", "memory.max_usage_in_bytes", None, 1)
                .or_else(|| v2("memory.peak", None)),
            oom_kills: v1("memory", "memory.oom_control", Some("oom_kill"), 1)
                .or_else(|| v2("memory.events", Some("oom_kill"))),
            process_limit_hits: v1("pids", "pids.events", Some("max"), 1)
                .or_else(|| v2("pids.events", Some("max"))),
        }
    }

    /// Counters that a limit depends on and that the kernel does not offer. The peak of memory is
    /// only told: kernels before 5.19 do not have it on v2.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &'static str> {
        let counters = [
            ("CPU time", &self.cpu),
            ("processes killed for want of memory", &self.oom_kills),
            ("refused processes", &self.process_limit_hits),
        ];
        counters.into_iter().filter_map(|(what, counter)| counter.is_none().then_some(what))
    }

    /// The counters' values now.
    pub(crate) fn read(&self) -> Readings {
        let value = |counter: &Option<Counter>| counter.as_ref().and_then(Counter::read);
        Readings {
            cpu: value(&self.cpu).map(Duration::from_micros),
            peak_memory_bytes: value(&self.peak_memory),
            oom_kills: value(&self.oom_kills).unwrap_or(0),
            process_limit_hits: value(&self.process_limit_hits).unwrap_or(0),
        }
    }
}

/// One number in one file of the kernel's.
#[derive(Debug)]
struct Counter {
    file: File,
    field: Option<&'static str>,
    per_unit: u64,
}

impl Counter {
    /// From the first directory whose file has the number.
    fn open(
        directories: &[PathBuf],
        file: &str,
        field: Option<&'static str>,
        per_unit: u64,
    ) -> Option<Self> {
        directories
            .iter()
            .filter_map(|directory| File::open(directory.join(file)).ok())
            .map(|file| Self { file, field, per_unit })
            .find(|counter| counter.read().is_some())
    }

    fn read(&self) -> Option<u64> {
        let mut buffer = [0; READ_BYTES];
        let length = self.file.read_at(&mut buffer, 0).ok()?;
        let text = String::from_utf8_lossy(&buffer[..length]);
        number(&text, self.field).map(|value| value / self.per_unit)
    }
}

/// The number on the line of that name, or the text's only number.
fn number(text: &str, field: Option<&str>) -> Option<u64> {
    let value = match field {
        None => text,
        Some(name) => text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?,
    };
    value.trim().parse().ok()
}

/// The process's own directory, and the mount itself: a container's mount may begin at its own
/// directory while its membership is told from the host's root.
fn v1_directories(mounts: &Path, membership: &str, controller: &str) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for (controllers, path) in lines(membership) {
        if controllers.split(',').any(|one| one == controller) {
            // Mounted under its full name, `cpu,cpuacct`, or under the short one alone.
            for mount in [mounts.join(controllers), mounts.join(controller)] {
                directories.extend(below(&mount, path));
                directories.push(mount);
            }
        }
    }
    directories
}

fn v2_directories(mounts: &Path, membership: &str) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for (controllers, path) in lines(membership) {
        if controllers.is_empty() {
            for mount in [mounts.to_owned(), mounts.join("unified")] {
                directories.extend(below(&mount, path));
                directories.push(mount);
            }
        }
    }
    directories
}

/// Controllers and path of each `hierarchy:controllers:path`.
fn lines(membership: &str) -> impl Iterator<Item = (&str, &str)> {
    membership.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'))
}

/// `None` for a path that leads out of the mount, as it does for one moved from another namespace.
fn below(mount: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| mount.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_write_beside_the_hierarchies() {
        let root = tree(&[("memory/tasks", "")]);
        let mode = || fs::metadata(root.path()).unwrap().permissions().mode() & 0o7777;
        for (given, kept) in [(0o1777, 0o1755), (0o755, 0o755), (0o555, 0o555)] {
            fs::set_permissions(root.path(), Permissions::from_mode(given)).unwrap();
            close_mounts(root.path()).unwrap();
            assert_eq!(mode(), kept, "{given:o}");
        }
        assert!(close_mounts(&root.path().join("missing")).is_ok());
    }

    /// A directory tree as a container would see it, of (path, text).
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    const V2: [(&str, &str); 4] = [
        ("cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n"),
        ("memory.peak", "4096\n"),
        ("memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n"),
        ("pids.events", "max 3\n"),
    ];

    fn expected() -> Readings {
        Readings {
            cpu: Some(Duration::from_micros(1500)),
            peak_memory_bytes: Some(4096),
            oom_kills: 1,
            process_limit_hits: 3,
        }
    }

    #[test]
    fn v2_is_read_where_the_mount_is_the_container() {
        let root = tree(&V2);
        assert_eq!(Cgroup::open(root.path(), "0::/\n").read(), expected());
    }

    #[test]
    fn v2_is_read_where_the_mount_is_the_hosts() {
        let inner: Vec<_> =
            V2.iter().map(|(path, text)| (format!("docker/ab/{path}"), *text)).collect();
        let mut files: Vec<_> = inner.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        files.push(("cpu.stat", "usage_usec 99\n"));
        let root = tree(&files);
        assert_eq!(Cgroup::open(root.path(), "0::/docker/ab\n").read(), expected());
    }

    #[test]
    fn v1_is_read_from_mounts_that_begin_at_the_container() {
        let root = tree(&[
            ("cpu,cpuacct/cpuacct.usage", "1500900\n"),
            ("memory/memory.max_usage_in_bytes", "4096\n"),
            ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
            ("pids/pids.events", "max 3\n"),
        ]);
        let membership = "4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n2:pids:/docker/ab\n0::/\n";
        assert_eq!(Cgroup::open(root.path(), membership).read(), expected());
    }

    #[test]
    fn a_counter_is_taken_from_whichever_hierarchy_has_it() {
        let root = tree(&[
            ("cpuacct/docker/ab/cpuacct.usage", "1500000\n"),
            ("memory/memory.max_usage_in_bytes", "4096\n"),
            // Kernels before 4.13 do not count here.
            ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n"),
            ("unified/memory.events", "oom_kill 1\n"),
            ("pids/pids.events", "max 3\n"),
        ]);
        let membership = "4:memory:/\n3:cpuacct:/docker/ab\n2:pids:/docker/ab\n0::/\n";
        assert_eq!(Cgroup::open(root.path(), membership).read(), expected());
    }

    #[test]
    fn without_cgroups_nothing_is_counted() {
        let root = tree(&[]);
        let none = Cgroup::open(root.path(), "");
        assert_eq!(none.read(), Readings::default());
        assert_eq!(none.missing().count(), 3);
    }

    #[test]
    fn a_membership_never_leads_out_of_the_mount() {
        assert_eq!(below(Path::new("/m"), "/../../x"), None);
        assert_eq!(below(Path::new("/m"), "/a/b"), Some(PathBuf::from("/m/a/b")));
        assert_eq!(below(Path::new("/m"), "/"), Some(PathBuf::from("/m/")));
    }
}
