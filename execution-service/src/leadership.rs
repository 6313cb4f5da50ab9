//! Doing what only one worker at a time should do.

use std::time::{Duration, Instant};

use shared::store::{Store, StoreError};

/// How long a leader is one without saying so again. What it leaves undone when it dies waits for
/// so long.
const TERM: Duration = Duration::from_secs(15);

/// How often a leader says so again, and another asks whether there is one still.
const ASK_AFTER: Duration = Duration::from_secs(5);

/// One worker's part in a role.
#[derive(Clone)]
pub(crate) struct Leadership {
    store: Store,
    role: String,
    worker: String,
    asked: Option<Instant>,
    leads: bool,
}

impl Leadership {
    pub(crate) fn new(store: Store, role: String, worker: &str) -> Self {
        Self { store, role, worker: worker.to_owned(), asked: None, leads: false }
    }

    /// Whether this worker leads. It need not be certain: what leaders do does no harm if two do
    /// it.
    pub(crate) async fn leads(&mut self) -> Result<bool, StoreError> {
        if self.asked.is_none_or(|asked| asked.elapsed() >= ASK_AFTER) {
            let asked = Instant::now();
            // Until the store has said otherwise, nobody knows.
            self.leads = false;
            self.leads = self.store.lead(&self.role, &self.worker, TERM).await?;
            self.asked = Some(asked);
        }
        Ok(self.leads)
    }

    /// Lets another lead at once; for a worker's end.
    pub(crate) async fn step_down(&self) {
        if let Err(error) = self.store.step_down(&self.role, &self.worker).await {
            tracing::warn!(error = ?error, role = self.role, "role stays taken until its term is over");
        }
    }
}
