//! Submissions that a client wants to end while they run here.
//!
//! The wish comes over Redis at once, where it may get lost; the store has it for certain and is
//! asked every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use shared::queue::Queue;
use shared::store::Store;
use shared::submission::SubmissionId;
use tokio_util::sync::CancellationToken;

use crate::periodic::every;

/// How often the store is asked, and a lost connection is made anew: the longest that a wish which
/// got lost takes to be noticed.
const INTERVAL: Duration = Duration::from_secs(5);

/// Each running submission with its executions here: more than one, if it came back to this worker
/// before the first was called off.
type Running = Arc<Mutex<HashMap<SubmissionId, Vec<CancellationToken>>>>;

/// What runs here and can be cancelled; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancellations(Running);

/// One execution that can be cancelled, until dropped.
#[derive(Debug)]
pub(crate) struct Cancellable {
    running: Running,
    id: SubmissionId,
    cancelled: CancellationToken,
}

impl Cancellations {
    /// Looks out for the wish to end this submission from now on.
    pub(crate) fn watch(&self, id: SubmissionId) -> Cancellable {
        let cancelled = CancellationToken::new();
        lock(&self.0).entry(id).or_default().push(cancelled.clone());
        Cancellable { running: self.0.clone(), id, cancelled }
    }

    /// Listens and asks until dropped.
    pub(crate) async fn keep(self, queue: Queue, store: Store) {
        tokio::join!(every(INTERVAL, || self.listen(&queue)), every(INTERVAL, || self.ask(&store)),);
    }

    /// Hears wishes for as long as the connection lasts.
    async fn listen(&self, queue: &Queue) {
        match queue.cancels().await {
            Ok(wishes) => wishes.for_each(async |id| self.cancel(id)).await,
            // The store is asked anyway.
            Err(error) => tracing::debug!(error = ?error, "cancellations are not heard at once"),
        }
    }

    async fn ask(&self, store: &Store) {
        let running: Vec<SubmissionId> = lock(&self.0).keys().copied().collect();
        if running.is_empty() {
            return;
        }
        match store.cancel_requested(&running).await {
            Ok(wished) => wished.into_iter().for_each(|id| self.cancel(id)),
            Err(error) => tracing::warn!(error = ?error, "cancellations cannot be read"),
        }
    }

    fn cancel(&self, id: SubmissionId) {
        for cancelled in lock(&self.0).get(&id).into_iter().flatten() {
            cancelled.cancel();
        }
    }
}

impl Cancellable {
    /// Cancelled when a client wants the submission to end.
    pub(crate) fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        // Nobody is left to be told; of several executions of one submission, the others stay.
        self.cancelled.cancel();
        let mut running = lock(&self.running);
        if let Some(executions) = running.get_mut(&self.id) {
            executions.retain(|execution| !execution.is_cancelled());
            if executions.is_empty() {
                running.remove(&self.id);
            }
        }
    }
}

fn lock(
    running: &Mutex<HashMap<SubmissionId, Vec<CancellationToken>>>,
) -> MutexGuard<'_, HashMap<SubmissionId, Vec<CancellationToken>>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_submission_is_cancelled_and_nothing_is_left_behind() {
        let cancellations = Cancellations::default();
        let (id, other) = (SubmissionId::new(), SubmissionId::new());
        let (first, second) = (cancellations.watch(id), cancellations.watch(id));
        let bystander = cancellations.watch(other);
        drop(first);
        assert!(!second.cancelled().is_cancelled());
        cancellations.cancel(id);
        assert!(second.cancelled().is_cancelled());
        assert!(!bystander.cancelled().is_cancelled());
        drop((second, bystander));
        assert!(lock(&cancellations.0).is_empty());
    }
}
