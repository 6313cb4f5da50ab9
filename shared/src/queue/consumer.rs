//! Taking submissions out of the queue, one at a time.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig};
use tokio::time::Instant;

use super::keys::{GROUP, ID_FIELD};
use super::{LEASE, Queue, QueueError, scripts};
use crate::submission::SubmissionId;

/// How often a consumer looks for entries whose owner has died.
const RECLAIM_INTERVAL: Duration = Duration::from_secs(5);

/// A consumer without entries that was silent for so long belonged to a worker that is gone.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// One submission handed to a worker, and the entry that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// The submission.
    pub submission: SubmissionId,
    /// Its language, in whose stream it is.
    pub lang: String,
    /// Its entry in the stream; whoever owns it holds the lease.
    pub entry: String,
}

/// What the scripts answer: language, entry, and the entry's fields.
type Found = Option<(String, String, HashMap<String, String>)>;

/// One worker's place in the queue. Its reads block, so it has a connection of its own, without the
/// time-out that other commands have.
pub struct Consumer {
    queue: Queue,
    name: String,
    connection: Option<MultiplexedConnection>,
    next_reclaim: Instant,
}

impl Consumer {
    /// A consumer under a name that no other living one has.
    pub fn new(queue: Queue, name: impl Into<String>) -> Self {
        Self { queue, name: name.into(), connection: None, next_reclaim: Instant::now() }
    }

    /// The next submission in one of these languages, or `None` if none came within `patience`.
    ///
    /// Entries of dead workers come first. The caller must have a place to execute the submission
    /// already, and must not drop this future: an entry that was read but not returned waits until
    /// its lease ends.
    pub async fn next(
        &mut self,
        languages: &[String],
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        let delivery = self.try_next(languages, patience).await;
        if delivery.is_err() {
            // Whatever went wrong, the next attempt starts on a fresh connection.
            self.connection = None;
        }
        delivery
    }

    async fn try_next(
        &mut self,
        languages: &[String],
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        if Instant::now() >= self.next_reclaim {
            if let Some(reclaimed) = self.reclaim(languages).await? {
                return Ok(Some(reclaimed));
            }
            self.next_reclaim = Instant::now() + RECLAIM_INTERVAL;
        }
        if let Some(delivery) = self.take(languages).await? {
            return Ok(Some(delivery));
        }
        match self.await_bell(languages, patience).await? {
            true => self.take(languages).await,
            false => Ok(None),
        }
    }

    async fn take(&mut self, languages: &[String]) -> Result<Option<Delivery>, QueueError> {
        let mut call = scripts::TAKE.key(self.queue.keys.lanes());
        call.arg(GROUP).arg(&self.name).arg(self.queue.keys.streams()).arg(languages);
        let found: Found = call.invoke_async(self.connection().await?).await?;
        self.delivery(found).await
    }

    /// Waits until something comes into one of the streams. A token may be left from something
    /// that was delivered long ago: then the look for more finds nothing, and no harm is done.
    async fn await_bell(
        &mut self,
        languages: &[String],
        patience: Duration,
    ) -> Result<bool, QueueError> {
        if languages.is_empty() {
            tokio::time::sleep(patience).await;
            return Ok(false);
        }
        let bells: Vec<String> = languages.iter().map(|lang| self.queue.keys.bell(lang)).collect();
        // 0 would block for ever.
        let patience = patience.as_secs_f64().max(0.001);
        let rung: Option<(String, String)> =
            self.connection().await?.blpop(&bells, patience).await?;
        Ok(rung.is_some())
    }

    /// Takes over one entry whose lease has ended.
    async fn reclaim(&mut self, languages: &[String]) -> Result<Option<Delivery>, QueueError> {
        let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let mut call = scripts::RECLAIM.prepare_invoke();
        call.arg(GROUP).arg(&self.name).arg(self.queue.keys.streams()).arg(lease).arg(languages);
        let found: Found = call.invoke_async(self.connection().await?).await?;
        if found.is_none() {
            self.forget_consumers(languages).await?;
        }
        self.delivery(found).await
    }

    /// The submission that an entry stands for. An entry that stands for none is not Airlock's; it
    /// is removed, for nobody could ever execute it.
    async fn delivery(&mut self, found: Found) -> Result<Option<Delivery>, QueueError> {
        let Some((lang, entry, fields)) = found else { return Ok(None) };
        if let Some(submission) = fields.get(ID_FIELD).and_then(|id| id.parse().ok()) {
            return Ok(Some(Delivery { submission, lang, entry }));
        }
        tracing::warn!(lang, entry, "removed an entry that is not a submission's");
        let stream = self.queue.keys.stream(&lang);
        let connection = self.connection().await?;
        let () = connection.xack(&stream, GROUP, &[&entry]).await?;
        let () = connection.xdel(&stream, &[&entry]).await?;
        Ok(None)
    }

    async fn forget_consumers(&mut self, languages: &[String]) -> Result<(), QueueError> {
        let streams: Vec<String> =
            languages.iter().map(|lang| self.queue.keys.stream(lang)).collect();
        let idle = u64::try_from(FORGET_AFTER.as_millis()).unwrap_or(u64::MAX);
        let mut call = scripts::FORGET_CONSUMERS.prepare_invoke();
        call.arg(GROUP).arg(idle).arg(streams);
        let forgotten: u64 = call.invoke_async(self.connection().await?).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "removed consumers of workers that are gone");
        }
        Ok(())
    }

    async fn connection(&mut self) -> Result<&mut MultiplexedConnection, QueueError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(super::CONNECTION_TIMEOUT))
                    .set_response_timeout(None);
                self.queue.client().get_multiplexed_async_connection_with_config(&config).await?
            }
        };
        Ok(self.connection.insert(connection))
    }
}
