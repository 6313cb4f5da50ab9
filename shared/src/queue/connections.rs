//! Connections to Redis.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_redis::{Config, CreatePoolError, Pool, PoolConfig, Runtime, Timeouts};
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::QueueError;

/// How long a request waits for a connection to Redis before it is an error.
pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// Hands out connections; cheap to clone.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool,
    shared: Arc<Mutex<Shared>>,
}

/// The connection that single commands share. One of the pool is asked for a sign of life each time
/// it is handed out, which is as much work for Redis as the command itself.
#[derive(Default)]
struct Shared {
    connection: Option<MultiplexedConnection>,
    /// Counts connections, so that whoever finds one lost does not take away its successor.
    number: u64,
}

impl Connections {
    /// Prepares up to so many; none is made before it is needed.
    pub(super) fn new(url: &str, pool_size: usize) -> Result<Self, CreatePoolError> {
        let mut config = Config::from_url(url);
        let mut pool = PoolConfig::new(pool_size);
        pool.timeouts =
            Timeouts { wait: Some(TIMEOUT), create: Some(TIMEOUT), recycle: Some(TIMEOUT) };
        config.pool = Some(pool);
        Ok(Self { pool: config.create_pool(Some(Runtime::Tokio1))?, shared: Arc::default() })
    }

    /// One for commands that belong together.
    pub(super) async fn own(&self) -> Result<deadpool_redis::Connection, QueueError> {
        Ok(self.pool.get().await?)
    }

    /// Sends a command that stands alone. If its connection was lost it is sent once more, on a new
    /// one: whatever is sent like this does no harm the second time.
    pub(super) async fn send<T, F>(
        &self,
        command: impl Fn(MultiplexedConnection) -> F,
    ) -> Result<T, QueueError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let (connection, number) = self.shared().await?;
        match command(connection).await {
            Err(error) if self.is_over(&error, number) => {
                let (connection, _) = self.shared().await?;
                Ok(command(connection).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// Sends a command that is not to be sent twice.
    pub(super) async fn send_once<T, F>(
        &self,
        command: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, QueueError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let (connection, number) = self.shared().await?;
        let answer = command(connection).await;
        if let Err(error) = &answer {
            // The next one has a new connection.
            let _ = self.is_over(error, number);
        }
        Ok(answer?)
    }

    async fn shared(&self) -> Result<(MultiplexedConnection, u64), QueueError> {
        let usable = |shared: &Shared| shared.connection.clone().map(|it| (it, shared.number));
        if let Some(present) = usable(&self.lock()) {
            return Ok(present);
        }
        let pooled = self.own().await?;
        let mut shared = self.lock();
        if let Some(present) = usable(&shared) {
            return Ok(present);
        }
        let connection = MultiplexedConnection::clone(&pooled);
        shared.connection = Some(connection.clone());
        shared.number += 1;
        Ok((connection, shared.number))
    }

    /// Whether an error is of the connection, which is then not used again, and another may be better.
    fn is_over(&self, error: &RedisError, number: u64) -> bool {
        // Another has its place after a failover: no connection to it is of further use.
        let is_demoted = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        let is_lost = error.is_unrecoverable_error();
        if is_demoted {
            self.pool.retain(|_, _| false);
        }
        // What did not answer in time may never do so again; another would take as long.
        if is_demoted || is_lost || error.is_timeout() {
            let mut shared = self.lock();
            if shared.number == number {
                shared.connection = None;
            }
        }
        is_demoted || is_lost
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
