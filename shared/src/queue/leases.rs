//! Holding on to what was taken out of the queue, and letting go of it.

use std::time::Duration;

use redis::Script;

use super::keys::GROUP;
use super::{Delivery, Queue, QueueError, scripts};

/// How long an entry stays its worker's without a sign of life. Three heartbeats: one may be lost,
/// one may be late.
pub const LEASE: Duration = Duration::from_secs(15);

/// What a heartbeat found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// What another worker has taken over.
    pub lost: Vec<Delivery>,
}

impl Queue {
    /// Renews the leases of everything that one consumer holds.
    pub async fn heartbeat(
        &self,
        consumer: &str,
        held: Vec<Delivery>,
    ) -> Result<Heartbeat, QueueError> {
        let mut call = scripts::HEARTBEAT.prepare_invoke();
        call.arg(GROUP).arg(consumer);
        for delivery in &held {
            call.arg(self.keys.stream(&delivery.lang)).arg(&delivery.entry);
        }
        let lost: Vec<usize> = call.invoke_async(&mut self.connection().await?).await?;
        let lost = lost.into_iter().filter_map(|number| held.get(number).cloned()).collect();
        Ok(Heartbeat { lost })
    }

    /// Removes a finished submission from the queue. `false`: the entry is not this consumer's any
    /// more, and was left alone.
    pub async fn ack(&self, consumer: &str, delivery: &Delivery) -> Result<bool, QueueError> {
        self.if_owner(&scripts::ACK, consumer, delivery).await
    }

    /// Gives a submission that was not executed to whichever worker asks next. `false`: the entry
    /// is not this consumer's any more.
    pub async fn hand_back(&self, consumer: &str, delivery: &Delivery) -> Result<bool, QueueError> {
        self.if_owner(&scripts::HAND_BACK, consumer, delivery).await
    }

    /// Calls a script that changes one entry, and only its owner's.
    async fn if_owner(
        &self,
        script: &Script,
        consumer: &str,
        delivery: &Delivery,
    ) -> Result<bool, QueueError> {
        Ok(script
            .key(self.keys.stream(&delivery.lang))
            .key(self.keys.known())
            .key(self.keys.lanes())
            .key(self.keys.bell(&delivery.lang))
            .arg(GROUP)
            .arg(consumer)
            .arg(&delivery.entry)
            .arg(delivery.submission.to_string())
            .arg(&delivery.lang)
            .invoke_async(&mut self.connection().await?)
            .await?)
    }
}
