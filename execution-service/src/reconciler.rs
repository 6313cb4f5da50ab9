//! Puts back into the queue what the store has and the queue does not: after Redis was away when a
//! submission came in, or was emptied, or lost its last moments. And ends what has waited for longer
//! than it was to.
//!
//! One worker at a time does so. Two do no harm: what both find is queued once all the same.

use std::collections::HashSet;
use std::mem::take;
use std::time::{Duration, Instant, SystemTime};

use futures_util::{StreamExt, TryStreamExt};
use shared::queue::{LEASE, Queue, QueueError};
use shared::store::{Store, StoreError, Waiting};
use shared::submission::SubmissionId;
use tokio::time::timeout;

use crate::leadership::Leadership;
use crate::metrics::Metrics;
use crate::periodic::ticks;

/// How soon an emptied Redis is noticed.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often everything is compared.
const COMPARE_INTERVAL: Duration = Duration::from_secs(10);

/// One look at everything takes seconds; a store that stops answering in the middle of it must not
/// end all further looks.
const PATIENCE: Duration = Duration::from_secs(60);

/// A younger submission may be on its way into the queue by the API's own hand.
const SETTLED: Duration = Duration::from_secs(5);

/// Older than anything that is stored.
const EVER: Duration = Duration::from_secs(40 * 365 * 24 * 3600);

/// Submissions compared or queued at once: some milliseconds of Redis's time.
const BATCH: usize = 500;

pub(crate) struct Reconciler {
    store: Store,
    queue: Queue,
    metrics: Metrics,
    leadership: Leadership,
    /// The queue's generation, and since when it is known here.
    generation: Option<(String, Instant)>,
    compared: Option<Instant>,
    /// What ran and was not in the queue when that was last looked at.
    suspects: HashSet<SubmissionId>,
}

#[derive(Debug, thiserror::Error)]
enum ReconcileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Reconciler {
    pub(crate) fn new(
        store: Store,
        queue: Queue,
        metrics: Metrics,
        leadership: Leadership,
    ) -> Self {
        let suspects = HashSet::new();
        Self { store, queue, metrics, leadership, generation: None, compared: None, suspects }
    }

    /// Looks for lost submissions until dropped.
    pub(crate) async fn keep(mut self) {
        let mut ticks = ticks(INTERVAL);
        loop {
            ticks.tick().await;
            match timeout(PATIENCE, self.run_once()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error = ?error, "reconciliation failed"),
                Err(_) => tracing::warn!("reconciliation took too long"),
            }
        }
    }

    async fn run_once(&mut self) -> Result<(), ReconcileError> {
        if !self.leadership.leads().await? {
            // Whatever was seen here is old when this worker leads again.
            (self.generation, self.compared) = (None, None);
            self.suspects.clear();
            return Ok(());
        }
        match self.queue.generation().await? {
            None => return self.fill().await,
            Some(name) if self.generation.as_ref().is_none_or(|(known, _)| *known != name) => {
                self.generation = Some((name, Instant::now()));
            }
            Some(_) => {}
        }
        self.expire().await?;
        if self.compared.is_none_or(|compared| compared.elapsed() >= COMPARE_INTERVAL) {
            let requeued = self.compare().await?;
            self.queue.open_gates().await?;
            self.compared = Some(Instant::now());
            if requeued > 0 {
                tracing::warn!(requeued, "queue had lost submissions");
            }
        }
        Ok(())
    }

    /// Fills a queue that was emptied: first with what runs under permits, so that nothing else gets
    /// them, then with all that waits. What else runs comes back with the heartbeats of those who
    /// run it.
    async fn fill(&mut self) -> Result<(), ReconcileError> {
        let running = self.store.running_under_permits().await?;
        let mut batches = std::pin::pin!(running.try_chunks(BATCH));
        while let Some(batch) = batches.next().await {
            self.queue.restore(&batch.map_err(|error| error.1)?).await?;
        }
        let waiting = self.store.unfinished(Duration::ZERO, EVER).await?;
        let mut batches = std::pin::pin!(waiting.try_chunks(BATCH));
        let mut queued = 0;
        while let Some(batch) = batches.next().await {
            queued += self.enqueue(&batch.map_err(|error| error.1)?).await?;
        }
        let name = uuid::Uuid::new_v4().simple().to_string();
        // What was lost since this began is found by the comparisons that follow.
        self.queue.begin_generation(&name).await?;
        self.suspects.clear();
        tracing::warn!(queued, "queue was empty: filled from the store");
        Ok(())
    }

    /// Compares all that is unfinished with the queue; how many submissions were queued again.
    async fn compare(&mut self) -> Result<u64, ReconcileError> {
        let mut requeued = 0;
        let waiting = self.store.unfinished(SETTLED, EVER).await?;
        let mut batches = std::pin::pin!(waiting.try_chunks(BATCH));
        while let Some(batch) = batches.next().await {
            let lost = self.lost(batch.map_err(|error| error.1)?).await?;
            requeued += self.enqueue(&lost).await?;
        }
        Ok(requeued + self.compare_running().await?)
    }

    /// What runs is in the queue, for its worker's heartbeat would bring it back. If it is not even
    /// at a second look, nobody runs it.
    async fn compare_running(&mut self) -> Result<u64, ReconcileError> {
        let suspects = take(&mut self.suspects);
        if self.generation.as_ref().is_none_or(|(_, since)| since.elapsed() < LEASE) {
            return Ok(0);
        }
        let running = self.store.unfinished(EVER, LEASE).await?;
        let mut batches = std::pin::pin!(running.try_chunks(BATCH));
        let mut requeued = 0;
        while let Some(batch) = batches.next().await {
            let lost = self.lost(batch.map_err(|error| error.1)?).await?;
            let (lost, suspected): (Vec<_>, Vec<_>) =
                lost.into_iter().partition(|running| suspects.contains(&running.id));
            self.suspects.extend(suspected.iter().map(|running| running.id));
            requeued += self.enqueue(&lost).await?;
        }
        Ok(requeued)
    }

    /// Of these, what the queue does not know.
    async fn lost(&self, unfinished: Vec<Waiting>) -> Result<Vec<Waiting>, ReconcileError> {
        let ids: Vec<SubmissionId> = unfinished.iter().map(|waiting| waiting.id).collect();
        let unknown: HashSet<SubmissionId> = self.queue.unknown(&ids).await?.into_iter().collect();
        Ok(unfinished.into_iter().filter(|waiting| unknown.contains(&waiting.id)).collect())
    }

    async fn enqueue(&self, lost: &[Waiting]) -> Result<u64, ReconcileError> {
        let added = self.queue.enqueue(lost).await?.into_iter().map(u64::from).sum();
        self.metrics.requeued.inc_by(added);
        Ok(added)
    }

    /// Ends what has waited for longer than it was to, and tells whoever waits for it.
    async fn expire(&self) -> Result<(), ReconcileError> {
        loop {
            let expired = self.store.expire(SystemTime::now()).await?;
            if expired.is_empty() {
                return Ok(());
            }
            tracing::info!(expired = expired.len(), "submissions waited for too long");
            for id in expired {
                // Whoever takes it out of the queue finds that it has ended.
                self.queue.remove(id).await?;
                self.queue.publish_finished(id, None).await?;
            }
        }
    }
}
