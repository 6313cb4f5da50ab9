//! Putting submissions into the queue, and taking them out again before they are executed.

use redis::AsyncCommands;

use super::{Queue, QueueError, placed, scripts};
use crate::placement::Placement;
use crate::store::Waiting;
use crate::submission::SubmissionId;

/// Whether there is room for further submissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// There is.
    Open,
    /// The pool has as many as it may have.
    PoolFull,
    /// The tenant has as many in the pool as it may have.
    TenantFull,
}

impl Queue {
    /// Puts stored submissions among those that wait, in one go. Says for each whether it was not
    /// known, or only by its reservation; one that was stays where it is.
    pub async fn enqueue(&self, waiting: &[Waiting]) -> Result<Vec<bool>, QueueError> {
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.script(&scripts::ENQUEUE);
        for Waiting { id, lang, placement } in waiting {
            call.arg(id.to_string());
            placed::tell(&mut call, lang, placement);
        }
        self.invoke(&call).await
    }

    /// Forgets a submission that waits. `false`: it does not, because it is being executed, or not
    /// in the queue at all.
    pub async fn remove(&self, id: SubmissionId) -> Result<bool, QueueError> {
        let mut call = self.script(&scripts::REMOVE);
        call.arg(id.to_string());
        self.invoke(&call).await
    }

    /// Whether `count` further submissions may be put in this place. It reserves nothing: those who
    /// ask at once may pass a cap by what they bring.
    pub async fn admit(
        &self,
        placement: &Placement,
        count: usize,
    ) -> Result<Admission, QueueError> {
        if self.max_length == 0 && self.max_per_tenant == 0 {
            return Ok(Admission::Open);
        }
        let counts = self.keys.counts(&placement.pool);
        let mut ask = redis::cmd("HMGET");
        ask.arg(counts).arg("*").arg(placement.tenant.as_str());
        let (all, own): (Option<u64>, Option<u64>) = self.query(&ask).await?;
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let is_over = |present: Option<u64>, most| {
            most > 0 && present.unwrap_or(0).saturating_add(count) > most
        };
        Ok(if is_over(own, self.max_per_tenant) {
            Admission::TenantFull
        } else if is_over(all, self.max_length) {
            Admission::PoolFull
        } else {
            Admission::Open
        })
    }

    /// Of these submissions, those that the queue does not know.
    pub async fn unknown(&self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, QueueError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut ask = redis::cmd("HMGET");
        ask.arg(self.keys.places());
        for id in ids {
            ask.arg(id.to_string());
        }
        let places: Vec<Option<String>> = self.query(&ask).await?;
        Ok(ids.iter().zip(places).filter(|(_, place)| place.is_none()).map(|(id, _)| *id).collect())
    }

    /// Submissions that wait or run.
    pub async fn length(&self) -> Result<u64, QueueError> {
        self.query(redis::cmd("HLEN").arg(self.keys.places())).await
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
