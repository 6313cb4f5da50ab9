//! The queue: Redis streams, one for each language, that tell workers which submissions wait.
//! A worker reads those of the languages it serves, whatever waits for longest first.
//!
//! It is an index, never the truth: it holds ids only, and the reconciler rebuilds it from the
//! store. What must happen as one is a Lua script; plain `XACK` and `XCLAIM` do not ask who owns
//! an entry.

mod consumer;
mod keys;
mod leases;
mod producer;
mod scripts;

use std::time::Duration;

use deadpool_redis::{Config, CreatePoolError, Pool, PoolConfig, PoolError, Runtime, Timeouts};

use crate::settings::Secret;
pub use consumer::{Consumer, Delivery};
pub use keys::Keys;
pub use leases::{Heartbeat, LEASE};

crate::settings! {
    /// The queue (Redis).
    pub struct QueueSettings {
        /// Connection string.
        pub url: Secret = "REDIS_URL", "redis://127.0.0.1:6379";
        /// Begins every key, and marks every container, so that several Airlocks can share a
        /// Redis and a Docker engine.
        pub key_prefix: String = "KEY_PREFIX", "airlock";
        /// Connections at most, beside those that block.
        pub pool_size: usize = "REDIS_POOL_SIZE", "16";
        /// Submissions that may wait or run at once; beyond them, clients are told to come back.
        pub max_length: u64 = "QUEUE_MAX_LENGTH", "100000";
    }
}

/// How long a request waits for a connection to Redis before it is an error.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// The queue could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Redis did not carry out the command.
    #[error("the queue did not answer")]
    Command(#[from] redis::RedisError),
    /// No connection to Redis could be had.
    #[error("the queue cannot be reached")]
    Connection(#[from] PoolError),
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
    pool: Pool,
    client: redis::Client,
    keys: Keys,
    max_length: u64,
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
        let mut config = Config::from_url(settings.url.expose());
        let mut pool = PoolConfig::new(settings.pool_size);
        pool.timeouts = Timeouts {
            wait: Some(CONNECTION_TIMEOUT),
            create: Some(CONNECTION_TIMEOUT),
            recycle: Some(CONNECTION_TIMEOUT),
        };
        config.pool = Some(pool);
        Ok(Self {
            pool: config.create_pool(Some(Runtime::Tokio1))?,
            client: redis::Client::open(settings.url.expose())?,
            keys: Keys::new(&settings.key_prefix),
            max_length: settings.max_length,
        })
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<(), QueueError> {
        let _: String = redis::cmd("PING").query_async(&mut self.connection().await?).await?;
        Ok(())
    }

    /// The names of everything in Redis.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) async fn connection(&self) -> Result<deadpool_redis::Connection, QueueError> {
        Ok(self.pool.get().await?)
    }

    /// A client, for connections that are no part of the pool because they wait.
    pub(crate) fn client(&self) -> &redis::Client {
        &self.client
    }
}
