//! The queue in Redis, which tells workers which submission is theirs to execute next.
//!
//! What waits is in the *backlog*, by pool, priority, language and tenant, and comes out of it in
//! fair turns. A worker with a free place takes one; only then does the submission have an entry in
//! the stream of its *lane*, that is its pool and language, and whoever that is pending for holds
//! the lease.
//!
//! Before the backlog there may be *gates*: a submission whose user may have only so many at once is
//! parked at one until it has a permit.
//!
//! All of it is an index, never the truth: it holds ids only, and the reconciler rebuilds it from the
//! store. What must happen as one is a Lua script; plain `XACK` and `XCLAIM` do not ask who owns
//! an entry.

mod connections;
mod consumer;
mod dead_letters;
mod generation;
mod keys;
mod leases;
mod permits;
mod placed;
mod producer;
pub(crate) mod scripts;

use deadpool_redis::{CreatePoolError, PoolError};
use redis::{FromRedisValue, Script, ScriptInvocation};

use crate::settings::Secret;
use connections::Connections;
pub use consumer::{Consumer, Delivery, Serves};
pub use dead_letters::{DEAD_LETTERS, DeadLetter};
pub use keys::Keys;
pub use leases::{Heartbeat, LEASE};
pub use permits::Reserved;
pub use producer::{Admission, Wanted};

crate::settings! {
    /// The queue (Redis).
    pub struct QueueSettings {
        /// Connection string. With `rediss://`, connections have TLS: the system's authorities count, or
        /// those in the file that SSL_CERT_FILE names.
        pub url: Secret = "REDIS_URL", "redis://127.0.0.1:6379";
        /// Begins every key, and marks every container, so that several Airlocks can share a
        /// Redis and a Docker engine.
        pub key_prefix: String = "KEY_PREFIX", "airlock";
        /// Connections at most, beside those that block.
        pub pool_size: usize = "REDIS_POOL_SIZE", "16";
        /// Submissions that may wait or run at once in a pool; beyond them, clients are told to come
        /// back. 0: no cap.
        pub max_length: u64 = "QUEUE_MAX_LENGTH", "100000";
        /// How many of them may be one tenant's. 0: as many as the pool may have.
        pub max_per_tenant: u64 = "QUEUE_MAX_PER_TENANT", "0";
    }
}

/// The queue could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Redis did not carry out the command.
    #[error("the queue did not answer")]
    Command(#[from] redis::RedisError),
    /// No connection to Redis could be had.
    #[error("the queue cannot be reached")]
    Connection(#[from] PoolError),
    /// Redis did not answer a read that waits for something.
    #[error("the queue did not answer in time")]
    TimedOut,
    /// The connection string is not one.
    #[error("the queue's settings cannot be used")]
    Settings(#[from] CreatePoolError),
    /// Redis answered with something that no version of Airlock writes.
    #[error("the queue holds an entry that is not Airlock's: {0}")]
    Foreign(String),
}

/// A handle to the queue; cheap to clone.
#[derive(Clone)]
pub struct Queue {
    connections: Connections,
    client: redis::Client,
    keys: Keys,
    max_length: u64,
    max_per_tenant: u64,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client would print its connection string.
        f.debug_struct("Queue").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Queue {
    /// Prepares connections; none is made before it is needed.
    pub fn new(settings: &QueueSettings) -> Result<Self, QueueError> {
        Ok(Self {
            connections: Connections::new(settings.url.expose(), settings.pool_size)?,
            client: redis::Client::open(settings.url.expose())?,
            keys: Keys::new(&settings.key_prefix),
            max_length: settings.max_length,
            max_per_tenant: settings.max_per_tenant,
        })
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<(), QueueError> {
        let _: String = self.query(&redis::cmd("PING")).await?;
        Ok(())
    }

    /// The names of everything in Redis.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// A call of one of the scripts; the first argument of all of them is the prefix.
    pub(crate) fn script<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        call.arg(self.keys.prefix());
        call
    }

    /// Calls a script.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, QueueError> {
        let send = |mut connection| async move { call.invoke_async(&mut connection).await };
        self.connections.send(send).await
    }

    /// Calls a script that must not be called again where nobody knows whether it was.
    pub(crate) async fn invoke_once<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, QueueError> {
        let send = |mut connection| async move { call.invoke_async(&mut connection).await };
        self.connections.send_once(send).await
    }

    /// Sends a command.
    pub(crate) async fn query<T: FromRedisValue>(
        &self,
        command: &redis::Cmd,
    ) -> Result<T, QueueError> {
        let send = |mut connection| async move { command.query_async(&mut connection).await };
        self.connections.send(send).await
    }

    /// Sends commands in one go.
    async fn query_all<T: FromRedisValue>(
        &self,
        commands: &redis::Pipeline,
    ) -> Result<T, QueueError> {
        let send = |mut connection| async move { commands.query_async(&mut connection).await };
        self.connections.send(send).await
    }

    /// A connection for commands that belong together.
    pub(crate) async fn connection(&self) -> Result<deadpool_redis::Connection, QueueError> {
        self.connections.own().await
    }

    /// A client, for connections that are no part of the pool because they wait.
    pub(crate) fn client(&self) -> &redis::Client {
        &self.client
    }
}
