//! Holding on to deliveries while they are executed: a heartbeat for all of them, every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::queue::{Delivery, LEASE, Queue};
use shared::workers::WorkerInfo;
use tokio_util::sync::CancellationToken;

use crate::periodic::every;

/// Three heartbeats fit into a lease.
const HEARTBEAT_INTERVAL: Duration = LEASE.checked_div(3).expect("3 is not 0");

type Held = Arc<Mutex<HashMap<String, CancellationToken>>>;

/// The deliveries that a worker holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leases(Held);

/// One held delivery; dropping it ends the heartbeat for it.
#[derive(Debug)]
pub(crate) struct Lease {
    held: Held,
    entry: String,
    lost: CancellationToken,
}

impl Leases {
    /// Holds on to a delivery from now on.
    pub(crate) fn hold(&self, delivery: &Delivery) -> Lease {
        let lost = CancellationToken::new();
        self.held().insert(delivery.entry.clone(), lost.clone());
        Lease { held: self.0.clone(), entry: delivery.entry.clone(), lost }
    }

    /// Calls off everything that is held; for the end of a drain.
    pub(crate) fn call_off_all(&self) {
        self.held().values().for_each(CancellationToken::cancel);
    }

    /// Heartbeats until cancelled.
    pub(crate) async fn keep(self, queue: Queue, worker: String, info: WorkerInfo) {
        every(HEARTBEAT_INTERVAL, || self.report(&queue, &worker, &info)).await;
    }

    async fn report(&self, queue: &Queue, worker: &str, info: &WorkerInfo) {
        if let Err(error) = self.run_once(queue, worker, info).await {
            tracing::warn!(error = ?error, "heartbeat failed");
        }
    }

    async fn run_once(
        &self,
        queue: &Queue,
        worker: &str,
        info: &WorkerInfo,
    ) -> Result<(), shared::queue::QueueError> {
        queue.announce(worker, info).await?;
        let entries: Vec<String> = self.held().keys().cloned().collect();
        let heartbeat = queue.heartbeat(worker, entries.iter().map(String::as_str)).await?;
        for entry in heartbeat.lost {
            tracing::warn!(entry, "lease lost");
            if let Some(lost) = self.held().get(&entry) {
                lost.cancel();
            }
        }
        Ok(())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
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
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}
