//! What all endpoints share.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use shared::events::WakeUps;
use shared::language::Languages;
use shared::limits::CeilingSettings;
use shared::queue::Queue;
use shared::store::Store;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::reads::Reads;
use crate::settings::{HttpSettings, Settings};

/// What an endpoint needs to answer; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// The contents of an [`App`].
pub struct Shared {
    pub(crate) store: Store,
    pub(crate) reads: Reads,
    pub(crate) queue: Queue,
    pub(crate) wake_ups: WakeUps,
    pub(crate) languages: Languages,
    pub(crate) ceilings: CeilingSettings,
    pub(crate) metrics: Metrics,
    pub(crate) http: HttpSettings,
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
    /// Loads the languages and connects to the store, for which it waits a little. Redis need not
    /// be there.
    pub async fn connect(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let languages = Languages::load(Path::new(&settings.languages.dir))?;
        let queue = Queue::new(&settings.queue)?;
        let store = Store::connect_patiently(&settings.store)
            .await
            .context("cannot connect to the store")?;
        let (wake_ups, listener) = WakeUps::new(queue.clone(), shutdown.clone());
        tokio::spawn(listener);
        Ok(Self(Arc::new(Shared {
            store,
            reads: Reads::default(),
            queue,
            wake_ups,
            languages,
            ceilings: settings.ceilings,
            metrics: Metrics::new(),
            http: settings.http,
            shutdown,
        })))
    }
}
