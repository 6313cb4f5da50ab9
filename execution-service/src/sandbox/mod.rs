//! Sandboxes: containers that serve one job and are gone.
//!
//! [`host_config`] says how a container is locked down, [`container`] is its life, [`connection`]
//! what is said over its standard streams.

mod connection;
mod container;
mod host_config;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use runner::protocol::{Phase, ProtocolError, StepReport};
use shared::limits::Limits;
use tokio::time::timeout;

pub(crate) use container::Sandbox;
pub(crate) use host_config::{LABEL_INSTANCE, LABEL_OWNER, LABEL_ROLE, ROLE_SANDBOX};

/// An engine that takes longer to say that it is there is of no use to a job.
const PING_PATIENCE: Duration = Duration::from_secs(5);

/// How one step of a job went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepRun {
    pub(crate) phase: Phase,
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
    #[error("the container's runner could not carry the job out: {0}")]
    Runner(String),
    #[error("the job is too large to be sent")]
    TooLarge,
    #[error("the job was called off")]
    CalledOff,
}

/// Starts sandboxes; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sandboxes {
    pub(crate) docker: Docker,
    /// Every container's labels: whose it is.
    labels: Arc<HashMap<String, String>>,
    cpus: f64,
}

impl Sandboxes {
    pub(crate) fn new(docker: Docker, instance: &str, owner: &str, cpus: f64) -> Self {
        let labels = [(LABEL_INSTANCE, instance), (LABEL_OWNER, owner), (LABEL_ROLE, ROLE_SANDBOX)];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { docker, labels: Arc::new(HashMap::from(labels)), cpus }
    }

    /// Starts a container from `image` and waits until its runner is ready.
    pub(crate) async fn start(
        &self,
        image: &str,
        limits: &Limits,
    ) -> Result<Sandbox, SandboxError> {
        let body = host_config::container(image, limits, self.cpus, (*self.labels).clone());
        Sandbox::start(self.docker.clone(), body).await
    }

    /// Whether the engine answers.
    pub(crate) async fn ping(&self) -> Result<(), SandboxError> {
        timeout(PING_PATIENCE, self.docker.ping()).await.map_err(|_| SandboxError::Silent)??;
        Ok(())
    }
}
