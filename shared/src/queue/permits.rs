//! Permits, where a user may have only so many at once: asking for one before a submission is stored,
//! and giving them back to those who had them when Redis was emptied.

use std::time::Duration;

use super::{Queue, QueueError, placed, scripts};
use crate::store::{Running, Waiting};
use crate::submission::SubmissionId;

/// How long a permit is reserved: longer than any write to the store is waited for.
const RESERVATION: Duration = Duration::from_secs(30);

/// The answer to whoever asks for a permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// There was one. It is to be used, by putting the submission into the queue, or given back, by
    /// removing it; otherwise it lapses.
    Granted,
    /// The user has none left: some of those that have them.
    Refused(Vec<SubmissionId>),
    /// Redis was emptied, and nobody knows yet who has which.
    Unknown,
}

impl Queue {
    /// Reserves a permit of its user for a submission that is about to be stored. Of those that have
    /// permits, some may not count: because they have ended, or are about to.
    pub async fn reserve(
        &self,
        waiting: &Waiting,
        ignored: &[SubmissionId],
    ) -> Result<Reserved, QueueError> {
        let mut call = self.script(&scripts::RESERVE);
        call.arg(u64::try_from(RESERVATION.as_millis()).unwrap_or(u64::MAX));
        call.arg(waiting.id.to_string());
        placed::tell(&mut call, &waiting.lang, &waiting.placement);
        for id in ignored {
            call.arg(id.to_string());
        }
        let holders: Option<Vec<String>> = self.invoke(&call).await?;
        Ok(match holders {
            None => Reserved::Unknown,
            Some(holders) if holders.is_empty() => Reserved::Granted,
            Some(holders) => {
                Reserved::Refused(holders.iter().filter_map(|id| id.parse().ok()).collect())
            }
        })
    }

    /// Puts what runs back into a queue that was emptied, as its workers'; how many of it the queue
    /// did not know. To be done before a generation is begun: until then, no permit is given away.
    pub async fn restore(&self, running: &[Running]) -> Result<u64, QueueError> {
        if running.is_empty() {
            return Ok(0);
        }
        let mut call = self.script(&scripts::RESTORE);
        for Running { waiting, worker } in running {
            call.arg(waiting.id.to_string()).arg(worker);
            placed::tell(&mut call, &waiting.lang, &waiting.placement);
        }
        self.invoke(&call).await
    }

    /// Lets through what may pass in a generation that has just begun, and takes reservations back
    /// that were neither used nor given back.
    pub async fn open_gates(&self) -> Result<(), QueueError> {
        self.invoke(&self.script(&scripts::OPEN_GATES)).await
    }
}
