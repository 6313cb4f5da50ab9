//! Putting submissions into the queue, and taking them out again before they are executed.

use redis::AsyncCommands;

use super::{Queue, QueueError, placed, scripts};
use crate::placement::{PoolName, Tenant};
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

/// Further submissions, and where they are to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Their pool.
    pub pool: PoolName,
    /// Whose they are.
    pub tenant: Tenant,
    /// How many.
    pub count: usize,
}

/// How many are there: in the pool, and of the tenant in it.
type Present = (Option<u64>, Option<u64>);

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

    /// For each of these, whether so many further submissions may be put there. It reserves nothing:
    /// those who ask at once may pass a cap by what they bring.
    pub async fn admit(&self, wanted: &[Wanted]) -> Result<Vec<Admission>, QueueError> {
        if self.max_length == 0 && self.max_per_tenant == 0 {
            return Ok(vec![Admission::Open; wanted.len()]);
        }
        let mut places: Vec<_> = wanted.iter().map(|it| (&it.pool, &it.tenant)).collect();
        places.sort_unstable();
        places.dedup();
        let mut ask = redis::pipe();
        for (pool, tenant) in &places {
            ask.cmd("HMGET").arg(self.keys.counts(pool)).arg("*").arg(tenant.as_str());
        }
        let present: Vec<Present> = self.query_all(&ask).await?;
        let admission = |wanted: &Wanted| {
            let nth = places.binary_search(&(&wanted.pool, &wanted.tenant)).ok();
            let present = nth.and_then(|nth| present.get(nth)).copied().unwrap_or_default();
            self.admission(present, wanted.count)
        };
        Ok(wanted.iter().map(admission).collect())
    }

    fn admission(&self, (all, own): Present, count: usize) -> Admission {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let is_over = |present: Option<u64>, most| {
            most > 0 && present.unwrap_or(0).saturating_add(count) > most
        };
        if is_over(own, self.max_per_tenant) {
            Admission::TenantFull
        } else if is_over(all, self.max_length) {
            Admission::PoolFull
        } else {
            Admission::Open
        }
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
