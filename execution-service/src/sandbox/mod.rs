//! Sandboxes: containers that serve one submission and are gone.
//!
//! [`host_config`] and [`seccomp`] say how a container is locked down, [`container`] is its life in
//! the engine, [`connection`] what is said over its standard streams, [`started`] what it can be
//! told to do, and [`oom`] how the one end is noticed of which it cannot tell itself.

mod connection;
mod container;
mod host_config;
mod oom;
mod seccomp;
mod started;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bollard::Docker;
use runner::protocol::{ProtocolError, StepReport, USER_IDS, Warm};
use shared::limits::StepLimits;
use tokio::time::timeout;

use crate::settings::SandboxSettings;
use oom::OomKills;

pub(crate) use container::remove;
pub(crate) use host_config::{LABEL_INSTANCE, LABEL_OWNER, LABEL_ROLE, ROLE_SANDBOX};
pub(crate) use started::Sandbox;

/// An engine that takes longer to say that it is there is of no use to a job.
const PING_PATIENCE: Duration = Duration::from_secs(5);

/// How one step of a submission went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepRun {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) report: StepReport,
}

/// A job could not be carried out, through no fault of the program's that is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    #[error("the Docker engine did not do what was asked")]
    Engine(#[from] bollard::errors::Error),
    #[error("the Docker engine or the container's runner did not speak in time")]
    Silent,
    #[error("the connection to the container's runner failed")]
    Connection(#[source] std::io::Error),
    #[error("the container ended before its runner had reported")]
    Gone,
    #[error("the container's runner said what it should not")]
    Protocol(#[from] ProtocolError),
    #[error("the container's runner has protocol version {0}")]
    Version(u16),
    #[error("the container's runner spoke out of turn")]
    OutOfTurn,
    #[error("the container's runner could not carry an order out: {0}")]
    Runner(String),
    /// The submission's own doing: trying again would not help.
    #[error("the submission cannot be executed: {0}")]
    Refused(String),
    /// So is this: what it has left behind in the container is more than its next step may have.
    #[error("what the container holds does not fit into the step's memory")]
    OutOfMemory,
    #[error("an order is too large to be sent")]
    TooLarge,
    #[error("the job was called off")]
    CalledOff,
}

/// What a container is made from, and with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) image: String,
    /// What cannot be changed later.
    pub(crate) fixed: Fixed,
    pub(crate) resources: Resources,
    /// What is started in it ahead of its submission.
    pub(crate) warm: Option<Warm>,
}

/// What a container is started with, and stays with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// Size of the work directory, in bytes.
    pub(crate) disk_bytes: u64,
    /// The container runtime; `None`: the engine's own choice.
    pub(crate) runtime: Option<String>,
    /// Whether it has a network, if there is one to give.
    pub(crate) network: bool,
}

/// What a container has, and can be given more or less of while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    /// For processes, what they write, and what the kernel keeps for them, in bytes.
    pub(crate) memory_bytes: u64,
    /// Processes and threads.
    pub(crate) processes: u64,
    /// CPU, in thousandths of one; `None`: as the settings have it.
    pub(crate) cpu_millis: Option<u64>,
}

impl From<&StepLimits> for Resources {
    fn from(limits: &StepLimits) -> Self {
        Self { memory_bytes: limits.memory_bytes, processes: limits.processes, cpu_millis: None }
    }
}

/// What all containers of a worker have in common.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    /// Whose they are.
    labels: HashMap<String, String>,
    cpus: f64,
    /// CPUs of the engine's host.
    host_cpus: usize,
    /// The network of those that have one; `None`: there is none to give.
    network: Option<String>,
    /// The cgroup that all of them are in; `None`: the engine's own choice.
    cgroup_parent: Option<String>,
    /// The most that a step's own limit can be.
    open_files: u64,
}

/// Starts sandboxes; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sandboxes {
    pub(crate) docker: Docker,
    common: Arc<Common>,
    oom_kills: OomKills,
    /// Counts the containers, so that each has another user than those around it.
    started: Arc<AtomicU32>,
}

impl Sandboxes {
    /// Sandboxes of the worker `owner`, in which a process may have up to `open_files` open files.
    pub(crate) fn new(
        docker: Docker,
        instance: &str,
        owner: &str,
        settings: &SandboxSettings,
        host_cpus: usize,
        open_files: u64,
    ) -> Self {
        let labels = [(LABEL_INSTANCE, instance), (LABEL_OWNER, owner), (LABEL_ROLE, ROLE_SANDBOX)];
        let common = Common {
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            cpus: settings.cpus,
            host_cpus,
            network: settings.network().map(str::to_owned),
            cgroup_parent: settings.cgroup_parent().map(str::to_owned),
            open_files,
        };
        Self { docker, common: Arc::new(common), oom_kills: OomKills::new(), started: first_user() }
    }

    /// Starts a container and waits until its runner is ready.
    pub(crate) async fn start(&self, spec: &Spec) -> Result<Sandbox, SandboxError> {
        let body = host_config::container(spec, &self.common, self.next_user());
        let oom_kills = self.oom_kills.clone();
        let mut sandbox =
            Sandbox::start(self.docker.clone(), body, spec.resources, oom_kills).await?;
        if let Some(warm) = &spec.warm {
            sandbox.warm_up(warm).await?;
        }
        Ok(sandbox)
    }

    /// Listens to what the engine tells of containers, until cancelled.
    pub(crate) async fn listen(self) {
        let owner = self.common.labels.get(LABEL_OWNER).map_or("", String::as_str);
        self.oom_kills.listen(&self.docker, owner).await;
    }

    fn next_user(&self) -> u32 {
        let started = self.started.fetch_add(1, Ordering::Relaxed);
        USER_IDS.start + started % (USER_IDS.end - USER_IDS.start)
    }

    /// Whether the engine answers.
    pub(crate) async fn ping(&self) -> Result<(), SandboxError> {
        timeout(PING_PATIENCE, self.docker.ping()).await.map_err(|_| SandboxError::Silent)??;
        Ok(())
    }
}

/// Somewhere among the users: workers that share a host should not all begin with the same one.
fn first_user() -> Arc<AtomicU32> {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    Arc::new(AtomicU32::new((random % u64::from(USER_IDS.end - USER_IDS.start)) as u32))
}
