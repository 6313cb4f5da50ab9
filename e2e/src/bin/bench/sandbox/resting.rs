//! What Airlock takes up while it waits.

use std::path::Path;

use e2e::{System, docker, given};

const MIB: f64 = 1024.0 * 1024.0;

/// Shows the services, the runner and the containers that wait.
pub(crate) async fn show(system: &System) {
    show_services("at rest", system);
    let runner = std::fs::metadata(given("AIRLOCK_TEST_RUNNER_PATH")).unwrap().len();
    println!("the runner's binary: {:.2} MiB", runner as f64 / MIB);
    let containers = system.containers().await;
    let mut figures = Vec::new();
    for container in &containers {
        let (_, pid) = docker(&["inspect", "--format", "{{.State.Pid}}", container]).await;
        let pid = pid.trim();
        let parent = field(&format!("/proc/{pid}/status"), "PPid:");
        let rollup = format!("/proc/{parent}/smaps_rollup");
        figures.push((field(&rollup, "Rss:") * 1024, field(&rollup, "Pss:") * 1024, charged(pid)));
    }
    let mean = |of: fn(&(u64, u64, u64)) -> u64| {
        figures.iter().map(of).sum::<u64>() as f64 / figures.len() as f64 / MIB
    };
    let (rss, pss, charged) =
        (mean(|figure| figure.0), mean(|figure| figure.1), mean(|figure| figure.2));
    println!(
        "a container that waits: {:.1} MiB (its shim {rss:.1}, charged to its cgroup {charged:.1}); \
         {:.1} MiB with pages that shims share counted once",
        rss + charged,
        pss + charged
    );
}

/// Shows the services.
pub(crate) fn show_services(when: &str, system: &System) {
    println!(
        "{when}: API {:.1} MiB, worker {:.1} MiB resident",
        system.api.memory() as f64 / MIB,
        system.workers[0].memory() as f64 / MIB
    );
}

/// Memory that the kernel charges to the cgroup of a process, in bytes.
fn charged(pid: &str) -> u64 {
    let membership = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let path = |controller: &str| {
        membership.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            (controllers == controller).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    let v1 = path("memory")
        .map(|path| Path::new("/sys/fs/cgroup/memory").join(path).join("memory.usage_in_bytes"));
    let v2 = path("").map(|path| Path::new("/sys/fs/cgroup").join(path).join("memory.current"));
    let read = |file| std::fs::read_to_string(file).ok()?.trim().parse().ok();
    v1.and_then(read).or_else(|| v2.and_then(read)).unwrap()
}

/// The number after a name in a file of the kernel's.
fn field(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
