//! Holding on to what was taken out of the queue, and letting go of it.

use std::time::Duration;

use redis::{Script, ScriptInvocation};

use super::{DEAD_LETTERS, Delivery, Queue, QueueError, placed, scripts};

/// How long an entry stays its worker's without a sign of life. Three heartbeats: one may be lost,
/// one may be late.
pub const LEASE: Duration = Duration::from_secs(15);

/// What a heartbeat found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// What another worker has taken over.
    pub lost: Vec<Delivery>,
    /// What Redis had forgotten, and this worker has still.
    pub restored: Vec<Delivery>,
}

impl Queue {
    /// Renews the leases of everything that one consumer holds, and brings back those of them that
    /// Redis has lost.
    pub async fn heartbeat(
        &self,
        consumer: &str,
        held: Vec<Delivery>,
    ) -> Result<Heartbeat, QueueError> {
        let mut call = self.script(&scripts::HEARTBEAT);
        call.arg(consumer);
        for Delivery { submission, lang, placement, entry } in &held {
            call.arg(submission.to_string()).arg(entry);
            placed::tell(&mut call, lang, placement);
        }
        let (lost, restored): (Vec<usize>, Vec<usize>) = self.invoke(&call).await?;
        let named = |numbers: Vec<usize>| {
            numbers.into_iter().filter_map(|number| held.get(number).cloned()).collect()
        };
        Ok(Heartbeat { lost: named(lost), restored: named(restored) })
    }

    /// Removes a finished submission from the queue. `false`: it is not this consumer's any more,
    /// and was left alone.
    pub async fn ack(&self, consumer: &str, delivery: &Delivery) -> Result<bool, QueueError> {
        self.invoke(&self.by_owner(&scripts::ACK, consumer, delivery)).await
    }

    /// Gives a submission that was not executed to whichever worker asks next: it waits before all
    /// that came later, and its tenant is not charged for it. `false`: it is not this consumer's any
    /// more.
    pub async fn hand_back(&self, consumer: &str, delivery: &Delivery) -> Result<bool, QueueError> {
        self.invoke(&self.by_owner(&scripts::HAND_BACK, consumer, delivery)).await
    }

    /// Removes a submission from the queue that could not be executed, and puts it on the list of
    /// dead letters. `false`: it is not this consumer's any more.
    pub async fn bury(
        &self,
        consumer: &str,
        delivery: &Delivery,
        reason: &str,
    ) -> Result<bool, QueueError> {
        let mut call = self.by_owner(&scripts::BURY, consumer, delivery);
        call.arg(reason).arg(DEAD_LETTERS);
        self.invoke(&call).await
    }

    /// A script that changes one submission's place, if its owner asks.
    fn by_owner<'a>(
        &self,
        script: &'a Script,
        consumer: &str,
        delivery: &Delivery,
    ) -> ScriptInvocation<'a> {
        let mut call = self.script(script);
        call.arg(consumer).arg(delivery.submission.to_string()).arg(&delivery.entry);
        call
    }
}
