//! The life of a container: created, started, ready, given one job, gone.

use std::time::Duration;

use bollard::Docker;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
};
use runner::protocol::Job;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::{SandboxError, StepRun};

/// From the request to create it until a container's runner is ready. Milliseconds in general; an
/// engine under load takes its time.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// What a job may take beyond its steps' own wall time: sending it, starting and killing processes,
/// and a busy host.
const JOB_GRACE: Duration = Duration::from_secs(10);

/// A started container whose runner waits for its one job. Dropping it removes the container.
pub(crate) struct Sandbox {
    connection: Connection,
    container: Container,
}

impl Sandbox {
    pub(super) async fn start(
        docker: Docker,
        body: ContainerCreateBody,
    ) -> Result<Self, SandboxError> {
        timeout(START_PATIENCE, Self::start_unbounded(docker, body))
            .await
            .map_err(|_| SandboxError::Silent)?
    }

    async fn start_unbounded(
        docker: Docker,
        body: ContainerCreateBody,
    ) -> Result<Self, SandboxError> {
        let container = Container::create(docker, body).await?;
        let attach = AttachContainerOptionsBuilder::new()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        let attached = container.docker.attach_container(&container.id, Some(attach)).await?;
        let mut connection = Connection::new(attached);
        container.docker.start_container(&container.id, None::<StartContainerOptions>).await?;
        connection.greeting().await?;
        Ok(Self { connection, container })
    }

    /// Runs the one job of this sandbox. However it ends, the container is gone afterwards.
    pub(crate) async fn run(
        mut self,
        job: &Job,
        call_off: &CancellationToken,
    ) -> Result<Vec<StepRun>, SandboxError> {
        let wall_ms: u64 = job.steps.iter().map(|step| step.limits.wall_ms).sum();
        let patience = Duration::from_millis(wall_ms) + JOB_GRACE;
        let conversation = timeout(patience, async {
            self.connection.send(job).await?;
            self.connection.receive(job).await
        });
        let result = match call_off.run_until_cancelled(conversation).await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(SandboxError::Silent),
            None => Err(SandboxError::CalledOff),
        };
        if result.is_ok() {
            // The runner has killed everything and ends by itself; the engine removes the rest.
            self.container.leave();
        } else {
            self.container.remove().await;
        }
        result
    }
}

/// The container itself, removed when dropped unless it was left to end by itself.
struct Container {
    docker: Docker,
    id: String,
    removed: bool,
}

impl Container {
    async fn create(docker: Docker, body: ContainerCreateBody) -> Result<Self, SandboxError> {
        // Creation goes on in a task of its own: if nobody waits for it any more, the container
        // that comes of it is still removed.
        let create = tokio::spawn(async move {
            let created = docker.create_container(None, body).await?;
            Ok(Self { docker, id: created.id, removed: false })
        });
        create.await.map_err(|panicked| SandboxError::Connection(panicked.into()))?
    }

    fn leave(mut self) {
        self.removed = true;
    }

    async fn remove(mut self) {
        self.removed = true;
        remove(&self.docker, &self.id).await;
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if !self.removed {
            let (docker, id) = (self.docker.clone(), std::mem::take(&mut self.id));
            tokio::spawn(async move { remove(&docker, &id).await });
        }
    }
}

async fn remove(docker: &Docker, id: &str) {
    let force = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    match docker.remove_container(id, Some(force)).await {
        // 404: it has ended and was removed; 409: that is under way.
        Ok(())
        | Err(bollard::errors::Error::DockerResponseServerError {
            status_code: 404 | 409, ..
        }) => {}
        Err(error) => {
            tracing::warn!(container.id = id, error = %error, "a container was left to the janitor");
        }
    }
}
