//! A container, as the engine knows it: created, started, given other resources, removed.

use bollard::Docker;
use bollard::container::AttachContainerResults;
use bollard::models::{ContainerCreateBody, ContainerUpdateBody};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
};

use super::SandboxError;

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
