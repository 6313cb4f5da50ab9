//! Puts back into the queue what the store has and the queue does not: after Redis was away when a
//! submission came in, or was emptied, or lost its last moments.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use shared::limits::CeilingSettings;
use shared::queue::{Queue, QueueError};
use shared::store::{Store, StoreError, Waiting};
use shared::submission::SubmissionId;
use tokio::time::timeout;

use crate::metrics::Metrics;
use crate::periodic::every;
use crate::serving::Serving;

const INTERVAL: Duration = Duration::from_secs(10);

/// One look at everything takes seconds; a store that stops answering in the middle of it must not
/// end all further looks.
const PATIENCE: Duration = Duration::from_secs(60);

/// A younger submission may be on its way into the queue by the API's own hand.
const SETTLED: Duration = Duration::from_secs(5);

/// Beyond the longest execution, until a running submission counts as run by nobody.
const OVERDUE_GRACE: Duration = Duration::from_secs(60);

/// Ids looked up in the queue at once.
const BATCH: usize = 500;

/// Looks for lost submissions until cancelled. Every worker does; what two of them find at once is
/// queued once all the same.
pub(crate) struct Reconciler {
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) metrics: Metrics,
    pub(crate) serving: Serving,
    pub(crate) ceilings: CeilingSettings,
}

#[derive(Debug, thiserror::Error)]
enum ReconcileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Reconciler {
    pub(crate) async fn keep(self) {
        every(INTERVAL, || self.report()).await;
    }

    async fn report(&self) {
        match timeout(PATIENCE, self.run_once()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(requeued)) => tracing::warn!(requeued, "queue had lost submissions"),
            Ok(Err(error)) => tracing::warn!(error = ?error, "reconciliation failed"),
            Err(_) => tracing::warn!("reconciliation took too long"),
        }
    }

    /// One look at everything unfinished; how many submissions were queued again.
    async fn run_once(&self) -> Result<u64, ReconcileError> {
        let overdue = self.serving.longest_execution(&self.ceilings) + OVERDUE_GRACE;
        let unfinished = self.store.unfinished(SETTLED, overdue).await?;
        let mut batches = std::pin::pin!(unfinished.try_chunks(BATCH));
        let mut requeued = 0;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| error.1)?;
            let ids: Vec<SubmissionId> = batch.iter().map(|waiting| waiting.id).collect();
            let unknown: HashSet<SubmissionId> =
                self.queue.unknown(&ids).await?.into_iter().collect();
            let lost: Vec<Waiting> =
                batch.into_iter().filter(|waiting| unknown.contains(&waiting.id)).collect();
            let added = self.queue.enqueue(&lost).await?;
            requeued += added.into_iter().map(u64::from).sum::<u64>();
        }
        self.metrics.requeued.inc_by(requeued);
        Ok(requeued)
    }
}
