//! How a container is locked down: the one place that says so, held by a snapshot test.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, ContainerUpdateBody, HostConfig, HostConfigCgroupnsModeEnum,
    HostConfigLogConfig, ResourcesUlimits,
};
use runner::protocol::{RUNNER_PATH, WORK_DIR};

use super::{Common, Resources, Spec, seccomp};

/// Which Airlock a container belongs to: the value is the settings' key prefix.
pub(crate) const LABEL_INSTANCE: &str = "airlock.instance";
/// Which worker a container belongs to.
pub(crate) const LABEL_OWNER: &str = "airlock.owner";
/// What a container is for.
pub(crate) const LABEL_ROLE: &str = "airlock.role";
/// The role of a sandbox.
pub(crate) const ROLE_SANDBOX: &str = "sandbox";

/// Size of /tmp, in bytes: compilers keep intermediate files there. It counts as memory.
const TMP_BYTES: u64 = 64 * 1024 * 1024;
/// Size of /dev/shm, in bytes: multiprocessing needs some. It counts as memory.
const SHM_BYTES: u64 = 16 * 1024 * 1024;
/// Open files that the runner itself needs, whatever the step's limit.
const RUNNER_OPEN_FILES: u64 = 64;
/// Processes of the runner: itself.
const RUNNER_PROCESSES: u64 = 1;
/// Memory of the runner and of what the kernel keeps for it, in bytes: a program's limit is its own.
const RUNNER_MEMORY_BYTES: u64 = 2 * 1024 * 1024;
/// What lifting the quota adds to the memory, in bytes: an update sets that, too, and the kernel refuses
/// less than is in use, which for a moment is more than the limit.
const HEADROOM_BYTES: i64 = 4 * 1024 * 1024;
/// When the host runs out of memory, sandboxes go before anything that runs them.
const OOM_SCORE_ADJ: i64 = 500;

/// What of the kernel's own files no program is to see: what engines hide by themselves, for this
/// list takes its place, and the host's load, on which a program could also set triggers.
const MASKED: [&str; 13] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/pressure",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// A container that runs the runner of an image, and steps as this user.
pub(super) fn container(spec: &Spec, common: &Common, user: u32) -> ContainerCreateBody {
    let network = network(spec, common);
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        entrypoint: Some(vec![RUNNER_PATH.to_owned()]),
        // The runner starts as root, which it needs in order to become another user for each
        // step; see the capabilities below for how little of root that is.
        user: Some("0:0".to_owned()),
        working_dir: Some(WORK_DIR.to_owned()),
        hostname: Some("airlock".to_owned()),
        labels: Some(common.labels.clone()),
        // Its own network namespace with nothing but `lo`; half the start time of mode `none`. Only an
        // account that may have a network gets one, and only the one that the settings name.
        network_disabled: Some(network.is_none()),
        tty: Some(false),
        open_stdin: Some(true),
        // The worker's end closes stdin, and a runner without stdin ends: a container does not
        // outlive its worker.
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(host_config(spec, common, user)),
        ..ContainerCreateBody::default()
    }
}

/// What gives a waiting container other resources.
pub(super) fn update(resources: &Resources) -> ContainerUpdateBody {
    let memory = memory(resources);
    ContainerUpdateBody {
        memory: Some(memory),
        memory_swap: Some(memory),
        pids_limit: Some(processes(resources)),
        nano_cpus: resources.cpu_millis.map(nano_of_millis),
        ..ContainerUpdateBody::default()
    }
}

/// What gives a container all CPUs of a host that has so many.
pub(super) fn without_quota(had: &HostConfig, cpus: i64) -> ContainerUpdateBody {
    let memory = had.memory.map(|memory| memory.saturating_add(HEADROOM_BYTES));
    ContainerUpdateBody {
        memory,
        memory_swap: memory,
        pids_limit: had.pids_limit,
        nano_cpus: Some(cpus.saturating_mul(1_000_000_000)),
        ..ContainerUpdateBody::default()
    }
}

fn host_config(spec: &Spec, common: &Common, user: u32) -> HostConfig {
    let memory = memory(&spec.resources);
    let open_files = signed(common.open_files.max(RUNNER_OPEN_FILES));
    HostConfig {
        auto_remove: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        // To become the step's user, and to give up even these for it; none survives that.
        cap_add: Some(["SETUID", "SETGID", "SETPCAP"].map(str::to_owned).to_vec()),
        security_opt: Some(vec![
            "no-new-privileges".to_owned(),
            format!("seccomp={}", seccomp::profile()),
        ]),
        privileged: Some(false),
        readonly_rootfs: Some(true),
        tmpfs: Some(HashMap::from([
            (
                WORK_DIR.to_owned(),
                format!(
                    "rw,exec,nosuid,nodev,size={},mode=0700,uid={user},gid={user}",
                    spec.fixed.disk_bytes
                ),
            ),
            ("/tmp".to_owned(), format!("rw,noexec,nosuid,nodev,size={TMP_BYTES},mode=1777")),
            ("/dev/shm".to_owned(), format!("rw,noexec,nosuid,nodev,size={SHM_BYTES},mode=1777")),
        ])),
        // A namespace of its own; that the engine need not mount /dev/shm from outside saves time.
        ipc_mode: Some("none".to_owned()),
        // Programs do not see where in the host's hierarchy they are; it is also cheaper to start.
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        memory: Some(memory),
        // Equal to the memory: no swap.
        memory_swap: Some(memory),
        pids_limit: Some(processes(&spec.resources)),
        nano_cpus: Some(nano(common.cpus)),
        ulimits: Some(vec![ulimit("core", 0), ulimit("nofile", open_files)]),
        oom_score_adj: Some(OOM_SCORE_ADJ),
        masked_paths: Some(masked(common.host_cpus)),
        cgroup_parent: common.cgroup_parent.clone(),
        network_mode: network(spec, common).map(str::to_owned),
        runtime: spec.fixed.runtime.clone(),
        log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
        ..HostConfig::default()
    }
}

fn network<'a>(spec: &Spec, common: &'a Common) -> Option<&'a str> {
    common.network.as_deref().filter(|_| spec.fixed.network)
}

fn masked(host_cpus: usize) -> Vec<String> {
    let throttling = |cpu: usize| format!("/sys/devices/system/cpu/cpu{cpu}/thermal_throttle");
    MASKED.map(str::to_owned).into_iter().chain((0..host_cpus).map(throttling)).collect()
}

fn memory(resources: &Resources) -> i64 {
    signed(resources.memory_bytes.saturating_add(RUNNER_MEMORY_BYTES))
}

fn processes(resources: &Resources) -> i64 {
    signed(resources.processes.saturating_add(RUNNER_PROCESSES))
}

fn ulimit(name: &str, value: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.to_owned()), soft: Some(value), hard: Some(value) }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Billionths of a CPU.
fn nano_of_millis(millis: u64) -> i64 {
    signed(millis.saturating_mul(1_000_000))
}

/// Billionths of a CPU. The settings keep `cpus` far from what does not fit.
#[expect(clippy::cast_possible_truncation, reason = "between 1e7 and 1e12")]
fn nano(cpus: f64) -> i64 {
    (cpus * 1e9) as i64
}

#[cfg(test)]
mod tests {
    use super::super::Fixed;
    use super::*;

    #[test]
    fn a_container_is_locked_down_like_this() {
        let spec = Spec {
            image: "airlock/toy".to_owned(),
            fixed: Fixed { disk_bytes: 64 << 20, runtime: None, network: false },
            resources: Resources { memory_bytes: 256 << 20, processes: 64, cpu_millis: None },
            warm: None,
        };
        let common = Common {
            labels: HashMap::from([(LABEL_OWNER.to_owned(), "worker-1".to_owned())]),
            cpus: 0.5,
            host_cpus: 2,
            network: Some("for-some".to_owned()),
            cgroup_parent: None,
            open_files: 1024,
        };
        let mut body = container(&spec, &common, 10_001);
        // The profile has a snapshot of its own.
        let options = body.host_config.as_mut().and_then(|host| host.security_opt.as_mut());
        for option in options.into_iter().flatten() {
            if option.starts_with("seccomp=") {
                *option = "seccomp=(profile)".to_owned();
            }
        }
        // Through a value, so that the maps' keys are in order.
        insta::assert_json_snapshot!("container", serde_json::to_value(body).unwrap());
        let updated = update(&spec.resources);
        let updated_memory = updated.memory;
        let updated = serde_json::to_value(updated).unwrap();
        insta::assert_json_snapshot!("update", updated);
        let lifted = without_quota(&host_config(&spec, &common, 10_001), 2);
        assert_eq!(lifted.nano_cpus, Some(2_000_000_000));
        assert_eq!(lifted.memory, updated_memory.map(|memory| memory + HEADROOM_BYTES));
        assert_eq!(lifted.memory_swap, lifted.memory, "still no swap");
        let some = Spec { fixed: Fixed { network: true, ..spec.fixed.clone() }, ..spec.clone() };
        let body = container(&some, &common, 10_001);
        assert_eq!(body.network_disabled, Some(false));
        assert_eq!(body.host_config.unwrap().network_mode.as_deref(), Some("for-some"));
        let body = container(&some, &Common { network: None, ..common }, 10_001);
        assert_eq!(body.network_disabled, Some(true), "there is none to give");
        let with_cpu = update(&Resources { cpu_millis: Some(500), ..spec.resources });
        assert_eq!(with_cpu.nano_cpus, Some(500_000_000));
    }
}
