//! What the Docker engine and its host must be able to enforce.

use anyhow::Context as _;
use bollard::Docker;
use bollard::models::SystemInfo;

use crate::settings::SandboxSettings;

/// What is to be known of an engine's host.
pub(crate) struct Host {
    /// What the engine calls itself; no two have the same name.
    pub(crate) engine: String,
    /// Its kernel's release.
    pub(crate) kernel: String,
    pub(crate) cpus: usize,
    /// What it lacks for a sandbox to hold, each with what to do about it.
    pub(crate) lacks: Vec<String>,
}

/// Asks the engine.
pub(crate) async fn look(docker: &Docker, settings: &SandboxSettings) -> anyhow::Result<Host> {
    let info = docker.info().await.context("the Docker engine does not tell what it can do")?;
    Ok(Host {
        lacks: lacking(&info, settings.runtime()),
        engine: info.id.unwrap_or_default(),
        cpus: info.ncpu.and_then(|cpus| cpus.try_into().ok()).unwrap_or(1),
        kernel: info.kernel_version.unwrap_or_default(),
    })
}

fn lacking(info: &SystemInfo, runtime: Option<&str>) -> Vec<String> {
    let has = |capability: Option<bool>| capability == Some(true);
    let mut lacking = Vec::new();
    let mut need = |there: bool, what: &str| {
        if !there {
            lacking.push(what.to_owned());
        }
    };
    need(
        has(info.memory_limit),
        "no memory limits: enable the cgroup controller `memory` (on some systems with the kernel \
         parameters cgroup_enable=memory swapaccount=1; for a rootless engine by delegating it)",
    );
    need(
        has(info.pids_limit),
        "no process limits: enable the cgroup controller `pids` (for a rootless engine by \
         delegating it)",
    );
    need(
        has(info.cpu_cfs_quota),
        "no CPU quotas: enable the cgroup controller `cpu` with CONFIG_CFS_BANDWIDTH (for a \
         rootless engine by delegating it)",
    );
    let options = info.security_options.as_deref().unwrap_or_default();
    need(
        options.iter().any(|option| option.contains("seccomp")),
        "no filter on system calls: the kernel needs CONFIG_SECCOMP_FILTER, and the engine seccomp",
    );
    if let Some(runtime) = runtime {
        let known: Vec<&str> =
            info.runtimes.iter().flatten().map(|(name, _)| name.as_str()).collect();
        if !known.contains(&runtime) {
            lacking.push(format!(
                "the engine has no runtime `{runtime}` (AIRLOCK_SANDBOX_RUNTIME), only {}",
                known.join(", ")
            ));
        }
    }
    lacking
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn able() -> SystemInfo {
        SystemInfo {
            memory_limit: Some(true),
            pids_limit: Some(true),
            cpu_cfs_quota: Some(true),
            security_options: Some(vec!["name=seccomp,profile=default".into()]),
            runtimes: Some(HashMap::from([("runc".into(), Default::default())])),
            ..SystemInfo::default()
        }
    }

    #[test]
    fn a_host_that_can_enforce_everything_lacks_nothing() {
        assert_eq!(lacking(&able(), None), [""; 0]);
        assert_eq!(lacking(&able(), Some("runc")), [""; 0]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let cases = [
            (SystemInfo { memory_limit: Some(false), ..able() }, "`memory`"),
            (SystemInfo { pids_limit: None, ..able() }, "`pids`"),
            (SystemInfo { cpu_cfs_quota: Some(false), ..able() }, "`cpu`"),
            (SystemInfo { security_options: Some(Vec::new()), ..able() }, "seccomp"),
        ];
        for (info, named) in cases {
            let lacking = lacking(&info, None);
            assert_eq!(lacking.len(), 1);
            assert!(lacking[0].contains(named), "{lacking:?}");
        }
        let lacking = lacking(&able(), Some("runsc"));
        assert!(lacking[0].contains("`runsc`") && lacking[0].contains("runc"), "{lacking:?}");
        assert_eq!(super::lacking(&SystemInfo::default(), None).len(), 4);
    }
}
