//! A container, as the engine knows it: created, started, given other resources, removed.

use bollard::Docker;
use bollard::container::AttachContainerResults;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, ContainerUpdateBody};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};

use super::{SandboxError, host_config};

/// A container that was created. It is removed when dropped, unless that was done already.
pub(super) struct Container {
    docker: Docker,
    id: String,
    removed: bool,
}

impl Container {
    pub(super) async fn create(
        docker: Docker,
        body: ContainerCreateBody,
    ) -> Result<Self, SandboxError> {
        // Creation goes on in a task of its own: if nobody waits for it any more, the container
        // that comes of it is still removed.
        let create = tokio::spawn(async move {
            let created = docker.create_container(None, body).await?;
            Ok(Self { docker, id: created.id, removed: false })
        });
        create.await.map_err(|panicked| SandboxError::Connection(panicked.into()))?
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Attaches to the standard streams, which must be before the start: what a container says
    /// before somebody listens is lost.
    pub(super) async fn attach(&self) -> Result<AttachContainerResults, SandboxError> {
        let streams = AttachContainerOptionsBuilder::new()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        Ok(self.docker.attach_container(&self.id, Some(streams)).await?)
    }

    pub(super) async fn start(&self) -> Result<(), SandboxError> {
        Ok(self.docker.start_container(&self.id, None::<StartContainerOptions>).await?)
    }

    pub(super) async fn update(&self, resources: ContainerUpdateBody) -> Result<(), SandboxError> {
        Ok(self.docker.update_container(&self.id, resources).await?)
    }

    /// See [`lift_quota`].
    pub(super) async fn lift_quota(&self) -> Result<(), SandboxError> {
        Ok(lift_quota(&self.docker, &self.id).await?)
    }

    /// Kills whatever runs in it and removes it.
    pub(super) async fn remove(mut self) {
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

/// Kills whatever runs in a container and removes it; whether it was this call that did.
pub(crate) async fn remove(docker: &Docker, id: &str) -> bool {
    let mut removed = kill_and_remove(docker, id).await;
    if removed.is_err() {
        // What owes CPU time does not even die before that is paid.
        removed = match lift_quota(docker, id).await {
            Ok(()) => kill_and_remove(docker, id).await,
            Err(error) => Err(error),
        };
    }
    removed.unwrap_or_else(|error| {
        tracing::warn!(container.id = id, error = %error, "a container was not removed");
        false
    })
}

async fn kill_and_remove(docker: &Docker, id: &str) -> Result<bool, Error> {
    let force = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    match docker.remove_container(id, Some(force)).await {
        Ok(()) => Ok(true),
        // 404: it has ended and was removed; 409: that is under way.
        Err(Error::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lets a container have all CPUs, so that what has been killed in it can end.
///
/// A quota on CPU time does not stop a process while it is in the kernel (seen on Linux 6.18). Many
/// that fail to get memory there, over and over, use whole CPUs, and the container comes to owe
/// minutes of its quota. Until they are over no process of it runs, not even to die.
async fn lift_quota(docker: &Docker, id: &str) -> Result<(), Error> {
    let found = docker.inspect_container(id, None::<InspectContainerOptions>).await?;
    let cpus = docker.info().await?.ncpu.unwrap_or(1);
    let had = found.host_config.unwrap_or_default();
    docker.update_container(id, host_config::without_quota(&had, cpus)).await
}
