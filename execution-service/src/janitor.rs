//! Removes containers whose worker is gone.
//!
//! A container ends by itself when its worker's connection closes, so this is the second net: for
//! one that was created and never started, or an engine that was restarted meanwhile.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bollard::Docker;
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};
use shared::queue::{Queue, QueueError};

use crate::metrics::Metrics;
use crate::periodic::every;
use crate::sandbox::{LABEL_INSTANCE, LABEL_OWNER, LABEL_ROLE, ROLE_SANDBOX};

/// With the lease after which a worker counts as gone, an orphan lasts less than a minute.
const INTERVAL: Duration = Duration::from_secs(20);

/// Removes orphans until cancelled. Every worker does.
#[derive(Clone)]
pub(crate) struct Janitor {
    pub(crate) docker: Docker,
    pub(crate) queue: Queue,
    pub(crate) metrics: Metrics,
    pub(crate) instance: String,
    pub(crate) worker: String,
}

#[derive(Debug, thiserror::Error)]
enum JanitorError {
    #[error(transparent)]
    Engine(#[from] bollard::errors::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Janitor {
    pub(crate) async fn keep(self) {
        every(INTERVAL, || self.report()).await;
    }

    async fn report(&self) {
        match self.run_once().await {
            Ok(0) => {}
            Ok(removed) => tracing::warn!(removed, "removed containers of workers that are gone"),
            Err(error) => tracing::warn!(error = ?error, "clean-up failed"),
        }
    }

    /// Removes what this worker itself has left; for its end, when nothing of it runs any more.
    pub(crate) async fn clear_own(&self) {
        let own = match self.containers().await {
            Ok(containers) => containers.into_iter().filter(|(_, owner)| *owner == self.worker),
            Err(error) => return tracing::warn!(error = ?error, "containers left to others"),
        };
        for (container, _) in own {
            self.remove(&container).await;
        }
    }

    async fn run_once(&self) -> Result<u64, JanitorError> {
        // The containers first: a worker that is announced between the two looks is then in the
        // second one.
        let containers = self.containers().await?;
        let live = self.queue.live_workers().await?;
        let mut removed = 0;
        for (container, owner) in containers {
            if self.is_orphan(&owner, &live) && self.remove(&container).await {
                removed += 1;
            }
        }
        self.metrics.orphans_removed.inc_by(removed);
        Ok(removed)
    }

    fn is_orphan(&self, owner: &str, live: &HashSet<String>) -> bool {
        // This worker is alive, whatever Redis makes of it.
        owner != self.worker && !live.contains(owner)
    }

    /// This Airlock's sandboxes, running or not, with their owners.
    async fn containers(&self) -> Result<Vec<(String, String)>, JanitorError> {
        let labels =
            [format!("{LABEL_INSTANCE}={}", self.instance), format!("{LABEL_ROLE}={ROLE_SANDBOX}")];
        let filters = HashMap::from([("label".to_owned(), labels.to_vec())]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listed = self.docker.list_containers(Some(options)).await?;
        Ok(listed
            .into_iter()
            .filter_map(|container| {
                let owner = container.labels?.remove(LABEL_OWNER)?;
                Some((container.id?, owner))
            })
            .collect())
    }

    async fn remove(&self, container: &str) -> bool {
        let force = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        self.docker.remove_container(container, Some(force)).await.is_ok()
    }
}
