//! Removes containers whose worker is gone.
//!
//! A container ends by itself when its worker's connection closes, so this is the second net: for
//! one that was created and never started, an engine that was restarted meanwhile, or a removal that
//! failed.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::query_parameters::ListContainersOptionsBuilder;
use shared::queue::{Queue, QueueError};
use shared::store::StoreError;

use crate::leadership::Leadership;
use crate::metrics::Metrics;
use crate::periodic::ticks;
use crate::pool::Pool;
use crate::sandbox::{self, LABEL_INSTANCE, LABEL_OWNER, LABEL_ROLE, ROLE_SANDBOX};

/// With the lease after which a worker counts as gone, a leader's term and two looks, an orphan lasts
/// less than a minute.
const INTERVAL: Duration = Duration::from_secs(10);

/// A container of this worker's own that is older is known to its pool, or to nobody: starting it may
/// take 30 s.
const KNOWN_AFTER: Duration = Duration::from_secs(45);

/// Removes orphans until dropped: every worker its own, and of those on its engine one worker at a
/// time those of workers that are gone.
#[derive(Clone)]
pub(crate) struct Janitor {
    pub(crate) docker: Docker,
    pub(crate) queue: Queue,
    pub(crate) metrics: Metrics,
    pub(crate) instance: String,
    pub(crate) worker: String,
    pub(crate) pool: Pool,
    pub(crate) leadership: Leadership,
    /// Workers that have containers and were not announced when that was last looked at.
    pub(crate) missing: HashSet<String>,
}

/// A sandbox, as the engine tells of it.
struct Found {
    id: String,
    owner: String,
    created: SystemTime,
}

#[derive(Debug, thiserror::Error)]
enum JanitorError {
    #[error(transparent)]
    Engine(#[from] bollard::errors::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Janitor {
    pub(crate) async fn keep(mut self) {
        let mut ticks = ticks(INTERVAL);
        loop {
            ticks.tick().await;
            match self.run_once().await {
                Ok(0) => {}
                Ok(removed) => {
                    tracing::warn!(removed, "removed containers of workers that are gone");
                }
                Err(error) => tracing::warn!(error = ?error, "clean-up failed"),
            }
        }
    }

    /// Removes what this worker itself has left; for its end, when nothing of it runs any more.
    pub(crate) async fn clear_own(&self) {
        let own = match self.containers().await {
            Ok(containers) => containers.into_iter().filter(|found| found.owner == self.worker),
            Err(error) => return tracing::warn!(error = ?error, "containers left to others"),
        };
        for found in own {
            sandbox::remove(&self.docker, &found.id).await;
        }
    }

    async fn run_once(&mut self) -> Result<u64, JanitorError> {
        // The containers first: a worker that is announced between the two looks is then in the
        // second one.
        let containers = self.containers().await?;
        let known = self.pool.container_ids();
        let gone = self.gone(&containers).await?;
        let mut removed = 0;
        for found in containers {
            let orphan = match found.owner == self.worker {
                // This worker is alive, whatever Redis makes of it.
                true => found.is_old() && !known.contains(&found.id),
                false => gone.contains(&found.owner),
            };
            if orphan && sandbox::remove(&self.docker, &found.id).await {
                removed += 1;
            }
        }
        self.metrics.orphans_removed.inc_by(removed);
        Ok(removed)
    }

    /// Of the owners of these containers, those that are gone: they were not announced at two looks
    /// in succession. At one, all are missing from a Redis that has just been emptied.
    async fn gone(&mut self, containers: &[Found]) -> Result<HashSet<String>, JanitorError> {
        let before = std::mem::take(&mut self.missing);
        if !self.leadership.leads().await? {
            return Ok(HashSet::new());
        }
        let live = self.queue.live_workers().await?;
        let owners = containers.iter().map(|found| &found.owner);
        let missing = owners.filter(|owner| !live.contains(*owner)).cloned();
        self.missing = missing.collect();
        Ok(self.missing.intersection(&before).cloned().collect())
    }

    /// This Airlock's sandboxes, running or not.
    async fn containers(&self) -> Result<Vec<Found>, JanitorError> {
        let labels =
            [format!("{LABEL_INSTANCE}={}", self.instance), format!("{LABEL_ROLE}={ROLE_SANDBOX}")];
        let filters = HashMap::from([("label".to_owned(), labels.to_vec())]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listed = self.docker.list_containers(Some(options)).await?;
        Ok(listed
            .into_iter()
            .filter_map(|container| {
                let owner = container.labels?.remove(LABEL_OWNER)?;
                let seconds = container.created.and_then(|created| created.try_into().ok());
                let created = UNIX_EPOCH + Duration::from_secs(seconds.unwrap_or(0));
                Some(Found { id: container.id?, owner, created })
            })
            .collect())
    }
}

impl Found {
    fn is_old(&self) -> bool {
        self.created.elapsed().is_ok_and(|age| age > KNOWN_AFTER)
    }
}
