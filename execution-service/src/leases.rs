//! Holding on to deliveries while they are executed: a heartbeat for all of them, every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::queue::{Delivery, Heartbeat, LEASE, Queue, QueueError};
use shared::submission::SubmissionId;
use tokio_util::sync::CancellationToken;

use crate::periodic::every;
use crate::serving::Serving;

/// Three heartbeats fit into a lease.
const HEARTBEAT_INTERVAL: Duration = LEASE.checked_div(3).expect("3 is not 0");

type Held = Arc<Mutex<HashMap<Delivery, CancellationToken>>>;

/// The deliveries that a worker holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leases(Held);

/// One held delivery; dropping it ends the heartbeat for it.
#[derive(Debug)]
pub(crate) struct Lease {
    held: Held,
    delivery: Delivery,
    lost: CancellationToken,
}

impl Leases {
    /// Holds on to a delivery from now on.
    pub(crate) fn hold(&self, delivery: &Delivery) -> Lease {
        let lost = CancellationToken::new();
        self.held().insert(delivery.clone(), lost.clone());
        Lease { held: self.0.clone(), delivery: delivery.clone(), lost }
    }

    /// Whether a submission is being executed here, whoever has its lease by now.
    pub(crate) fn has(&self, submission: SubmissionId) -> bool {
        self.held().keys().any(|delivery| delivery.submission == submission)
    }

    /// Calls off everything that is held; for the end of a drain.
    pub(crate) fn call_off_all(&self) {
        self.held().values().for_each(CancellationToken::cancel);
    }

    /// Heartbeats until cancelled.
    pub(crate) async fn keep(self, queue: Queue, worker: String, serving: Serving) {
        every(HEARTBEAT_INTERVAL, || self.report(&queue, &worker, &serving)).await;
    }

    async fn report(&self, queue: &Queue, worker: &str, serving: &Serving) {
        if let Err(error) = self.run_once(queue, worker, serving).await {
            tracing::warn!(error = ?error, "heartbeat failed");
        }
    }

    async fn run_once(
        &self,
        queue: &Queue,
        worker: &str,
        serving: &Serving,
    ) -> Result<(), QueueError> {
        // If one of the two fails, the other is needed no less.
        let announced = queue.announce(worker, serving.pools(), &serving.offers()).await;
        let held: Vec<Delivery> = self.held().keys().cloned().collect();
        if !held.is_empty() {
            let heartbeat = queue.heartbeat(worker, held).await?;
            self.note(queue, worker, heartbeat).await?;
        }
        announced
    }

    async fn note(
        &self,
        queue: &Queue,
        worker: &str,
        heartbeat: Heartbeat,
    ) -> Result<(), QueueError> {
        for delivery in heartbeat.lost {
            tracing::warn!(submission.id = %delivery.submission, "lease lost");
            if let Some(lost) = self.held().get(&delivery) {
                lost.cancel();
            }
        }
        for delivery in heartbeat.restored {
            tracing::warn!(submission.id = %delivery.submission, "lease restored");
            // Its execution ended while the heartbeat was on its way.
            if !self.held().contains_key(&delivery) {
                queue.hand_back(worker, &delivery).await?;
            }
        }
        Ok(())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<Delivery, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Cancelled when another worker has taken the delivery over, or the worker must stop.
    pub(crate) fn called_off(&self) -> &CancellationToken {
        &self.lost
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.delivery);
    }
}
