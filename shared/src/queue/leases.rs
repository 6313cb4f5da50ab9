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
    /// Entries that another worker has taken over.
    pub lost: Vec<String>,
}

impl Queue {
    /// Renews the leases of all entries of one consumer.
    pub async fn heartbeat<'a>(
        &self,
        consumer: &str,
        entries: impl IntoIterator<Item = &'a str>,
    ) -> Result<Heartbeat, QueueError> {
        let mut call = scripts::HEARTBEAT.key(self.keys.stream());
        call.arg(GROUP).arg(consumer);
        for entry in entries {
            call.arg(entry);
        }
        let lost = call.invoke_async(&mut self.connection().await?).await?;
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
            .key(self.keys.stream())
            .key(self.keys.known())
            .arg(GROUP)
            .arg(consumer)
            .arg(&delivery.entry)
            .arg(delivery.submission.to_string())
            .invoke_async(&mut self.connection().await?)
            .await?)
    }
}
