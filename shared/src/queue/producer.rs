//! Putting submissions into the queue.

use redis::AsyncCommands;

use super::{Queue, QueueError, scripts};
use crate::submission::SubmissionId;

impl Queue {
    /// Puts a stored submission into the queue of its language. `false`: it was there already, and
    /// still is once.
    pub async fn enqueue(&self, id: SubmissionId, lang: &str) -> Result<bool, QueueError> {
        let mut connection = self.connection().await?;
        Ok(scripts::ENQUEUE
            .key(self.keys.known())
            .key(self.keys.stream(lang))
            .key(self.keys.lanes())
            .key(self.keys.bell(lang))
            .arg(lang)
            .arg(id.to_string())
            .invoke_async(&mut connection)
            .await?)
    }

    /// Of these submissions, those that the queue does not know.
    pub async fn unknown(&self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, QueueError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = ids.iter().map(SubmissionId::to_string).collect();
        let known: Vec<bool> =
            self.connection().await?.smismember(self.keys.known(), &names).await?;
        Ok(ids.iter().zip(known).filter(|(_, known)| !known).map(|(id, _)| *id).collect())
    }

    /// Submissions that wait or run.
    pub async fn length(&self) -> Result<u64, QueueError> {
        Ok(self.connection().await?.scard(self.keys.known()).await?)
    }

    /// Whether no further submission should be taken in.
    pub async fn is_full(&self) -> Result<bool, QueueError> {
        Ok(self.length().await? >= self.max_length)
    }

    /// Forgets everything, as a Redis that was emptied does; for tests and for starting anew. The
    /// reconciler brings back what the store has.
    pub async fn erase(&self) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        let pattern = format!("{}:*", self.keys.prefix());
        let mut found = connection.scan_match::<_, String>(&pattern).await?;
        let mut keys = Vec::new();
        while let Some(key) = found.next_item().await {
            keys.push(key?);
        }
        drop(found);
        if !keys.is_empty() {
            let () = connection.del(&keys).await?;
        }
        Ok(())
    }
}
