//! Taking submissions out of the queue, one at a time.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, ScriptInvocation};
use tokio::time::Instant;

use super::placed::{self, Told};
use super::{Keys, LEASE, Queue, QueueError, scripts};
use crate::placement::{Placement, PoolName};
use crate::submission::SubmissionId;

/// How often a consumer looks for entries whose owner has died.
const RECLAIM_INTERVAL: Duration = Duration::from_secs(5);

/// How long a read may take beyond the time that it was to wait. A Redis that has stopped without
/// closing its connections would otherwise be waited for without end.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

/// A consumer without entries that was silent for so long belonged to a worker that is gone.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// What a worker serves: every one of these languages, in every one of these pools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Serves {
    /// The pools.
    pub pools: Vec<PoolName>,
    /// The languages' names.
    pub languages: Vec<String>,
}

/// One submission handed to a worker, and the entry that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// The submission.
    pub submission: SubmissionId,
    /// Its language, which with its pool is the lane in whose stream it is.
    pub lang: String,
    /// Where it waited.
    pub placement: Placement,
    /// Its entry in the stream; whoever owns it holds the lease.
    pub entry: String,
}

/// What the scripts answer: id, entry, placement.
type Found = Option<(String, String, Told)>;

/// One worker's place in the queue. Its reads block, so it has a connection of its own, without the
/// time-out that other commands have.
pub struct Consumer {
    queue: Queue,
    name: String,
    connection: Option<MultiplexedConnection>,
    next_reclaim: Instant,
    /// Counts deliveries, so that each pool is the first to be looked into in its turn.
    turn: usize,
}

impl Consumer {
    /// A consumer under a name that no other living one has.
    pub fn new(queue: Queue, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { queue, name, connection: None, next_reclaim: Instant::now(), turn: 0 }
    }

    /// The next submission of those that are served, or `None` if none came within `patience`.
    ///
    /// Entries of dead workers come first. The caller must have a place to execute the submission
    /// already, and must not drop this future: an entry that was read but not returned waits until
    /// its lease ends.
    pub async fn next(
        &mut self,
        serves: &Serves,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        let attempt =
            tokio::time::timeout(patience + ANSWER_PATIENCE, self.try_next(serves, patience));
        let delivery = attempt.await.unwrap_or(Err(QueueError::TimedOut));
        if delivery.is_err() {
            // Whatever went wrong, the next attempt starts on a fresh connection.
            self.connection = None;
        }
        delivery
    }

    async fn try_next(
        &mut self,
        serves: &Serves,
        patience: Duration,
    ) -> Result<Option<Delivery>, QueueError> {
        if serves.pools.is_empty() || serves.languages.is_empty() {
            tokio::time::sleep(patience).await;
            return Ok(None);
        }
        if Instant::now() >= self.next_reclaim {
            if let Some(reclaimed) = self.reclaim(serves).await? {
                return Ok(Some(reclaimed));
            }
            self.next_reclaim = Instant::now() + RECLAIM_INTERVAL;
        }
        if let Some(delivery) = self.take(serves).await? {
            return Ok(Some(delivery));
        }
        match self.await_bell(serves, patience).await? {
            true => self.take(serves).await,
            false => Ok(None),
        }
    }

    async fn take(&mut self, serves: &Serves) -> Result<Option<Delivery>, QueueError> {
        let mut call = self.queue.script(&scripts::TAKE);
        call.arg(&self.name);
        self.name_served(&mut call, serves);
        let found: Found = call.invoke_async(self.connection().await?).await?;
        if found.is_some() {
            self.turn = self.turn.wrapping_add(1);
        }
        found.map(delivery).transpose()
    }

    /// Waits until something waits in one of the lanes. A token may be left from something that was
    /// delivered long ago: then the look for more finds nothing, and no harm is done.
    async fn await_bell(
        &mut self,
        serves: &Serves,
        patience: Duration,
    ) -> Result<bool, QueueError> {
        let bells: Vec<String> = self.of_each_lane(serves, Keys::bell);
        // 0 would block for ever.
        let patience = patience.as_secs_f64().max(0.001);
        let rung: Option<(String, String)> =
            self.connection().await?.blpop(&bells, patience).await?;
        Ok(rung.is_some())
    }

    /// Takes over one entry whose lease has ended.
    async fn reclaim(&mut self, serves: &Serves) -> Result<Option<Delivery>, QueueError> {
        let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let mut call = self.queue.script(&scripts::RECLAIM);
        call.arg(&self.name).arg(lease);
        self.name_served(&mut call, serves);
        let found: Found = call.invoke_async(self.connection().await?).await?;
        if found.is_none() {
            self.forget_consumers(serves).await?;
        }
        found.map(delivery).transpose()
    }

    async fn forget_consumers(&mut self, serves: &Serves) -> Result<(), QueueError> {
        let idle = u64::try_from(FORGET_AFTER.as_millis()).unwrap_or(u64::MAX);
        let mut call = self.queue.script(&scripts::FORGET_CONSUMERS);
        call.arg(idle).arg(self.of_each_lane(serves, Keys::stream));
        let forgotten: u64 = call.invoke_async(self.connection().await?).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "removed consumers of workers that are gone");
        }
        Ok(())
    }

    /// Tells a script what is served; the pool whose turn it is first.
    fn name_served(&self, call: &mut ScriptInvocation<'_>, serves: &Serves) {
        let mut pools: Vec<&str> = serves.pools.iter().map(PoolName::as_str).collect();
        let first = self.turn % pools.len().max(1);
        pools.rotate_left(first);
        call.arg(pools.len()).arg(pools).arg(&serves.languages);
    }

    fn of_each_lane(
        &self,
        serves: &Serves,
        name: impl Fn(&Keys, &PoolName, &str) -> String,
    ) -> Vec<String> {
        let keys = &self.queue.keys;
        let pools = serves.pools.iter();
        let lanes = pools.flat_map(|pool| serves.languages.iter().map(move |lang| (pool, lang)));
        lanes.map(|(pool, lang)| name(keys, pool, lang)).collect()
    }

    async fn connection(&mut self) -> Result<&mut MultiplexedConnection, QueueError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(super::connections::TIMEOUT))
                    .set_response_timeout(None);
                self.queue.client().get_multiplexed_async_connection_with_config(&config).await?
            }
        };
        Ok(self.connection.insert(connection))
    }
}

fn delivery((id, entry, told): (String, String, Told)) -> Result<Delivery, QueueError> {
    match (id.parse(), placed::heard(told)) {
        (Ok(submission), Some((lang, placement))) => {
            Ok(Delivery { submission, lang, placement, entry })
        }
        _ => Err(QueueError::Foreign(id)),
    }
}
