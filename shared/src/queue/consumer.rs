//! Taking submissions out of the queue, one at a time.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamId, StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, RedisError};
use tokio::time::Instant;

use super::keys::{GROUP, ID_FIELD};
use super::{LEASE, Queue, QueueError, scripts};
use crate::submission::SubmissionId;

/// How often a consumer looks for entries whose owner has died.
const RECLAIM_INTERVAL: Duration = Duration::from_secs(5);

/// A consumer without entries that was silent for so long belonged to a worker that is gone.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// Where a scan of the pending entries begins, and what its cursor says when all were seen.
const FIRST_ENTRY: &str = "0-0";

/// One submission handed to a worker, and the entry that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The submission.
    pub submission: SubmissionId,
    /// Its entry in the stream; whoever owns it holds the lease.
    pub entry: String,
}

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

    /// The next submission, or `None` if none came within `patience`.
    ///
    /// Entries of dead workers come first. The caller must have a place to execute the submission
    /// already, and must not drop this future: an entry that was read but not returned waits until
    /// its lease ends.
    pub async fn next(&mut self, patience: Duration) -> Result<Option<Delivery>, QueueError> {
        let delivery = match self.try_next(patience).await {
            // Redis was emptied, or this is the first worker ever.
            Err(QueueError::Command(error)) if is_missing_group(&error) => {
                self.create_group().await?;
                self.try_next(patience).await
            }
            other => other,
        };
        if delivery.is_err() {
            // Whatever went wrong, the next attempt starts on a fresh connection.
            self.connection = None;
        }
        delivery
    }

    async fn try_next(&mut self, patience: Duration) -> Result<Option<Delivery>, QueueError> {
        if Instant::now() >= self.next_reclaim {
            if let Some(reclaimed) = self.reclaim().await? {
                return Ok(Some(reclaimed));
            }
            self.next_reclaim = Instant::now() + RECLAIM_INTERVAL;
        }
        self.read(patience).await
    }

    async fn read(&mut self, patience: Duration) -> Result<Option<Delivery>, QueueError> {
        // 0 would block for ever.
        let patience = usize::try_from(patience.as_millis()).unwrap_or(usize::MAX).max(1);
        let options =
            StreamReadOptions::default().group(GROUP, &self.name).count(1).block(patience);
        let stream = self.queue.keys.stream();
        let reply: Option<StreamReadReply> =
            self.connection().await?.xread_options(&[&stream], &[">"], &options).await?;
        match reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).next() {
            Some(entry) => self.delivery(entry).await,
            None => Ok(None),
        }
    }

    /// Takes over one entry whose lease has ended.
    async fn reclaim(&mut self) -> Result<Option<Delivery>, QueueError> {
        let stream = self.queue.keys.stream();
        let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let name = self.name.clone();
        // One call looks at ten entries for each that it may return, so the whole list takes
        // several; the cursor comes back to its beginning when all have been seen.
        let mut cursor = FIRST_ENTRY.to_owned();
        loop {
            let one = StreamAutoClaimOptions::default().count(1);
            let reply: StreamAutoClaimReply = self
                .connection()
                .await?
                .xautoclaim_options(&stream, GROUP, &name, lease, &cursor, one)
                .await?;
            if let Some(entry) = reply.claimed.into_iter().next() {
                return self.delivery(entry).await;
            }
            cursor = reply.next_stream_id;
            if cursor == FIRST_ENTRY {
                break;
            }
        }
        self.forget_consumers().await?;
        Ok(None)
    }

    /// The submission that an entry stands for. An entry that stands for none is not Airlock's; it
    /// is removed, for nobody could ever execute it.
    async fn delivery(&mut self, entry: StreamId) -> Result<Option<Delivery>, QueueError> {
        let id: Option<String> = entry.get(ID_FIELD);
        if let Some(submission) = id.and_then(|id| id.parse().ok()) {
            return Ok(Some(Delivery { submission, entry: entry.id }));
        }
        tracing::warn!(entry = entry.id, "removed an entry that is not a submission's");
        let stream = self.queue.keys.stream();
        let connection = self.connection().await?;
        let () = connection.xack(&stream, GROUP, &[&entry.id]).await?;
        let () = connection.xdel(&stream, &[&entry.id]).await?;
        Ok(None)
    }

    async fn forget_consumers(&mut self) -> Result<(), QueueError> {
        let stream = self.queue.keys.stream();
        let connection = self.connection().await?;
        let forgotten: u64 = scripts::FORGET_CONSUMERS
            .key(&stream)
            .arg(GROUP)
            .arg(u64::try_from(FORGET_AFTER.as_millis()).unwrap_or(u64::MAX))
            .invoke_async(connection)
            .await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "removed consumers of workers that are gone");
        }
        Ok(())
    }

    async fn create_group(&mut self) -> Result<(), QueueError> {
        let stream = self.queue.keys.stream();
        let created: Result<(), RedisError> =
            self.connection().await?.xgroup_create_mkstream(&stream, GROUP, "0").await;
        match created {
            // Another worker was faster.
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
            other => Ok(other?),
        }
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

fn is_missing_group(error: &RedisError) -> bool {
    error.code() == Some("NOGROUP")
}
