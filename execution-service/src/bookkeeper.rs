//! Writes what submissions have used to their accounts, once they have ended.
//!
//! One worker at a time does so. Two do no harm: each submission is counted once all the same.

use std::time::Duration;

use shared::store::{Store, StoreError};

use crate::leadership::Leadership;
use crate::periodic::ticks;

/// How soon an account shows what was used. Where much ends, more is counted at once.
const INTERVAL: Duration = Duration::from_secs(2);

pub(crate) struct Bookkeeper {
    pub(crate) store: Store,
    pub(crate) leadership: Leadership,
}

impl Bookkeeper {
    /// Counts until dropped.
    pub(crate) async fn keep(mut self) {
        let mut ticks = ticks(INTERVAL);
        loop {
            ticks.tick().await;
            if let Err(error) = self.run_once().await {
                tracing::warn!(error = ?error, "what was used is not written down yet");
            }
        }
    }

    async fn run_once(&mut self) -> Result<(), StoreError> {
        while self.leadership.leads().await? {
            if self.store.settle_accounts().await? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }
}
