//! The worker's loop: a place first, then one delivery for it; and its end, the drain.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shared::queue::{Consumer, Delivery};
use shared::shutdown::Stop;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::execution::{Executed, Executor};

/// How long one read waits for a delivery. A read is never interrupted, so this is also the longest
/// that an idle worker takes to notice that it must stop.
const READ_PATIENCE: Duration = Duration::from_secs(1);

/// Pause after a failed read, and between looks at an engine that is away.
const FAILURE_PAUSE: Duration = Duration::from_millis(500);

/// After a drain's time is up: to hand back what still runs.
const HAND_BACK_PATIENCE: Duration = Duration::from_secs(10);

/// A worker that is ready to serve.
pub(crate) struct Worker {
    executor: Executor,
    consumer: Consumer,
    places: Arc<Semaphore>,
    executions: TaskTracker,
    engine_away: Arc<AtomicBool>,
    queue_away: bool,
}

impl Worker {
    pub(crate) fn new(executor: Executor, concurrency: usize) -> Self {
        let consumer = Consumer::new(executor.queue.clone(), &executor.worker);
        Self {
            executor,
            consumer,
            places: Arc::new(Semaphore::new(concurrency)),
            executions: TaskTracker::new(),
            engine_away: Arc::default(),
            queue_away: false,
        }
    }

    /// Takes deliveries until it must stop, then finishes what runs for as long as `drain` and whoever
    /// stops it allow.
    pub(crate) async fn serve(mut self, stop: &Stop, drain: Duration) {
        while !stop.begun.is_cancelled() {
            self.run_once(&stop.begun).await;
        }
        self.drain(&stop.hurried, drain).await;
    }

    async fn run_once(&mut self, shutdown: &CancellationToken) {
        let acquire = self.places.clone().acquire_owned();
        let Some(Ok(place)) = shutdown.run_until_cancelled(acquire).await else {
            return;
        };
        if self.engine_away.load(Ordering::Relaxed) {
            match self.executor.sandboxes.ping().await {
                Ok(()) => self.engine_away.store(false, Ordering::Relaxed),
                Err(_) => return pause(shutdown).await,
            }
        }
        let serves = self.executor.serving.serves();
        let read = self.consumer.next(&serves, READ_PATIENCE).await;
        if read.is_ok() && std::mem::take(&mut self.queue_away) {
            tracing::info!("queue is back");
        }
        match read {
            // Its lease was over, but not its execution, which has the lease again by that.
            Ok(Some(delivery)) if self.executor.leases.has(delivery.submission) => {
                tracing::warn!(submission.id = %delivery.submission, "lease was nearly lost");
            }
            Ok(Some(delivery)) if shutdown.is_cancelled() => self.return_unstarted(&delivery).await,
            Ok(Some(delivery)) => self.spawn(delivery, place),
            Ok(None) => {}
            Err(error) => {
                if !std::mem::replace(&mut self.queue_away, true) {
                    tracing::warn!(error = ?error, "queue cannot be read");
                }
                pause(shutdown).await;
            }
        }
    }

    fn spawn(&self, delivery: Delivery, place: OwnedSemaphorePermit) {
        let (executor, engine_away) = (self.executor.clone(), self.engine_away.clone());
        let span = tracing::info_span!("execution", submission.id = %delivery.submission);
        let execution = async move {
            if executor.execute(&delivery).await == Executed::EngineAway {
                engine_away.store(true, Ordering::Relaxed);
            }
            drop(place);
        };
        self.executions.spawn(execution.instrument(span));
    }

    async fn return_unstarted(&self, delivery: &Delivery) {
        let returned = self.executor.queue.hand_back(&self.executor.worker, delivery).await;
        if let Err(error) = returned {
            tracing::warn!(error = ?error, "entry stays until its lease is over");
        }
    }

    async fn drain(self, hurried: &CancellationToken, patience: Duration) {
        self.executions.close();
        self.executor.pool.stop_refilling();
        tracing::info!(running = self.executions.len(), "draining");
        let finished = tokio::time::timeout(patience, self.executions.wait());
        if let Some(Ok(())) = hurried.run_until_cancelled(finished).await {
            return;
        }
        tracing::warn!(running = self.executions.len(), "drain is over: handing back what runs");
        self.executor.leases.call_off_all();
        if tokio::time::timeout(HAND_BACK_PATIENCE, self.executions.wait()).await.is_err() {
            tracing::error!(running = self.executions.len(), "stopped with executions under way");
        }
    }
}

async fn pause(shutdown: &CancellationToken) {
    shutdown.run_until_cancelled(tokio::time::sleep(FAILURE_PAUSE)).await;
}
