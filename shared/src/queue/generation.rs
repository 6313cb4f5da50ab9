//! Telling a Redis that has been emptied from one in which nothing happens to wait.

use super::{Queue, QueueError};

impl Queue {
    /// The name of what the queue holds; none after Redis was emptied, until somebody has begun
    /// anew.
    pub async fn generation(&self) -> Result<Option<String>, QueueError> {
        self.query(redis::cmd("GET").arg(self.keys.generation())).await
    }

    /// Says that the queue has been filled from the store, so that permits may be given away.
    /// `false`: somebody else has said so.
    pub async fn begin_generation(&self, name: &str) -> Result<bool, QueueError> {
        let begun: bool =
            self.query(redis::cmd("SETNX").arg(self.keys.generation()).arg(name)).await?;
        self.open_gates().await?;
        Ok(begun)
    }
}
