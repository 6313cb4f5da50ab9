//! How a container is locked down: the one place that says so, held by a snapshot test.

use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, ResourcesUlimits};
use runner::protocol::{RUNNER_PATH, USER_ID, WORK_DIR};
use shared::limits::Limits;

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
const SHM_BYTES: i64 = 16 * 1024 * 1024;
/// Open files that the runner itself needs, whatever the step's limit.
const RUNNER_OPEN_FILES: u64 = 64;
/// Processes of the runner: itself.
const RUNNER_PROCESSES: u64 = 1;
/// When the host runs out of memory, sandboxes go before anything that runs them.
const OOM_SCORE_ADJ: i64 = 500;

/// A container that runs `image`'s runner under `limits`.
pub(super) fn container(
    image: &str,
    limits: &Limits,
    cpus: f64,
    labels: HashMap<String, String>,
) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec![RUNNER_PATH.to_owned()]),
        // The runner starts as root, which it needs in order to become another user for each
        // step; see the capabilities below for how little of root that is.
        user: Some("0:0".to_owned()),
        working_dir: Some(WORK_DIR.to_owned()),
        hostname: Some("airlock".to_owned()),
        labels: Some(labels),
        // Its own network namespace with nothing but `lo`; half the start time of mode `none`.
        network_disabled: Some(true),
        tty: Some(false),
        open_stdin: Some(true),
        // The worker's end closes stdin, and a runner without stdin ends: a container does not
        // outlive its worker.
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(host_config(limits, cpus)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(limits: &Limits, cpus: f64) -> HostConfig {
    let memory = signed(limits.compile.memory_bytes.max(limits.run.memory_bytes));
    let open_files =
        signed(limits.run.open_files.max(limits.compile.open_files).max(RUNNER_OPEN_FILES));
    HostConfig {
        auto_remove: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        // To become the step's user, and to give up even these for it; none survives that.
        cap_add: Some(["SETUID", "SETGID", "SETPCAP"].map(str::to_owned).to_vec()),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        privileged: Some(false),
        readonly_rootfs: Some(true),
        tmpfs: Some(HashMap::from([
            (
                WORK_DIR.to_owned(),
                format!(
                    "rw,exec,nosuid,nodev,size={},mode=0700,uid={USER_ID},gid={USER_ID}",
                    limits.disk_bytes
                ),
            ),
            ("/tmp".to_owned(), format!("rw,noexec,nosuid,nodev,size={TMP_BYTES},mode=1777")),
        ])),
        shm_size: Some(SHM_BYTES),
        ipc_mode: Some("private".to_owned()),
        memory: Some(memory),
        // Equal to the memory: no swap.
        memory_swap: Some(memory),
        pids_limit: Some(signed(limits.run.processes + RUNNER_PROCESSES)),
        nano_cpus: Some(nano(cpus)),
        ulimits: Some(vec![ulimit("core", 0), ulimit("nofile", open_files)]),
        oom_score_adj: Some(OOM_SCORE_ADJ),
        log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
        ..HostConfig::default()
    }
}

fn ulimit(name: &str, value: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.to_owned()), soft: Some(value), hard: Some(value) }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Billionths of a CPU. The settings keep `cpus` far from what does not fit.
#[expect(clippy::cast_possible_truncation, reason = "between 1e7 and 1e12")]
fn nano(cpus: f64) -> i64 {
    (cpus * 1e9) as i64
}

#[cfg(test)]
mod tests {
    use shared::limits::LimitSettings;
    use shared::settings::{Settings, Source};

    use super::*;

    #[test]
    fn a_container_is_locked_down_like_this() {
        let mut source = Source::new(None, HashMap::new()).unwrap();
        let limits = LimitSettings::read(&mut source).unwrap().limits();
        let labels = HashMap::from([(LABEL_OWNER.to_owned(), "worker-1".to_owned())]);
        // Through a value, so that the maps' keys are in order.
        let body = serde_json::to_value(container("airlock/toy", &limits, 0.5, labels)).unwrap();
        insta::assert_json_snapshot!("container", body);
    }
}
