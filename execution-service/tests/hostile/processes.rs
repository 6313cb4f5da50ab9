//! The host's processes, as far as they tell what a sandbox has left.

use std::fs;

/// A process that runs on the host, in a container or not.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) name: String,
    pub(crate) user: u32,
    /// The container that it belongs to, by its id.
    pub(crate) container: Option<String>,
    /// It is its container's PID 1.
    pub(crate) is_init: bool,
    /// It has collected a child, which a runner does only once it has run a step.
    pub(crate) has_had_children: bool,
}

/// All there are. One that ends meanwhile is none.
pub(crate) fn all() -> Vec<Process> {
    let pids = fs::read_dir("/proc").unwrap();
    let pids = pids.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter_map(look).collect()
}

fn look(pid: u32) -> Option<Process> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let (status, stat) = (read("status")?, read("stat")?);
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    };
    // After the name, which may contain anything but ends with the last parenthesis.
    let after_name: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // proc(5): `cminflt` is field 11; the first after the name is field 3.
    let faults_of_children: u64 = after_name.get(8)?.parse().ok()?;
    let inner_pids = field("NSpid:")?;
    Some(Process {
        pid,
        name: field("Name:")?.join(" "),
        user: field("Uid:")?.first()?.parse().ok()?,
        container: read("cgroup")?.lines().find_map(container_id),
        is_init: inner_pids.len() > 1 && inner_pids.last()? == "1",
        has_had_children: faults_of_children > 0,
    })
}

/// The container's id in a path of cgroups, whichever driver named them.
pub(crate) fn container_id(path: &str) -> Option<String> {
    const ID_CHARS: usize = 64;
    path.split(|c: char| !c.is_ascii_hexdigit())
        .find(|part| part.len() == ID_CHARS)
        .map(str::to_owned)
}
