//! What all endpoints share.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use shared::accounts::policy::SystemPolicy;
use shared::events::WakeUps;
use shared::queue::Queue;
use shared::rate::Rates;
use shared::store::Store;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::catalogue::Catalogue;
use crate::entrance::Entrance;
use crate::metrics::Metrics;
use crate::reads::Reads;
use crate::settings::{AccountSettings, HttpSettings, Settings};

/// How long what nobody waits for may go on when the process is to stop. What is stored and not queued
/// by then, the reconciler queues.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// What an endpoint needs to answer; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// The contents of an [`App`].
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) reads: Reads,
    pub(crate) queue: Queue,
    pub(crate) entrance: Entrance,
    pub(crate) wake_ups: WakeUps,
    pub(crate) catalogue: Catalogue,
    pub(crate) system: SystemPolicy,
    pub(crate) accounts: AccountSettings,
    pub(crate) rates: Rates,
    pub(crate) metrics: Metrics,
    pub(crate) http: HttpSettings,
    /// What goes on although nobody waits for it any more.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the process is to stop: nobody waits any longer, nothing new is accepted.
    pub(crate) shutdown: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Connects to the store, for which it waits a little. Redis need not be there.
    pub(crate) async fn connect(
        settings: Settings,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let queue = Queue::new(&settings.queue)?;
        let store = Store::connect_patiently(&settings.store)
            .await
            .context("cannot connect to the store")?;
        let (wake_ups, listener) = WakeUps::new(queue.clone(), shutdown.clone());
        tokio::spawn(listener);
        let tasks = TaskTracker::new();
        let app = Self(Arc::new(Shared {
            entrance: Entrance::new(&queue, &tasks),
            catalogue: Catalogue::new(queue.clone()),
            rates: Rates::new(queue.clone()),
            store,
            reads: Reads::default(),
            queue,
            wake_ups,
            system: settings.accounts.system_policy(&settings.ceilings, &settings.store),
            accounts: settings.accounts,
            metrics: Metrics::new(),
            http: settings.http,
            tasks,
            shutdown,
        }));
        let kept = app.clone();
        tokio::spawn(async move { kept.catalogue.keep(&kept.shutdown).await });
        Ok(app)
    }

    /// Brings to its end what clients that have hung up have begun; to be called when none is served
    /// any more.
    pub(crate) async fn close(&self) {
        self.tasks.close();
        if timeout(CLOSE_PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!("what nobody waits for is left where it is");
        }
        self.store.close().await;
    }
}
