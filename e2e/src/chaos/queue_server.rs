//! A Redis that can be killed, emptied and replaced by its own replica.

use std::time::Duration;

use redis::{FromRedisValue, RedisError};
use tokio::time::timeout;

use super::containers::{Container, free_port};
use crate::eventually;

const START_PATIENCE: Duration = Duration::from_secs(30);
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// One Redis.
#[derive(Debug)]
pub struct QueueServer {
    /// Its process.
    pub container: Container,
    port: u16,
    client: redis::Client,
}

impl QueueServer {
    /// Starts one without data.
    pub async fn start(image: &str) -> Self {
        Self::start_on(image, free_port()).await
    }

    /// Starts one that follows this one, and waits until it has all that this one has.
    pub async fn start_replica(&self, image: &str) -> Self {
        let replica = Self::start(image).await;
        // Said to the process alone: once it was killed, it follows nobody.
        let follow = ["REPLICAOF", "127.0.0.1", &self.port.to_string()];
        replica.ask::<()>(&follow).await.unwrap();
        eventually("the replica follows", START_PATIENCE, async || {
            let told: String = replica.ask(&["INFO", "replication"]).await.ok()?;
            told.contains("master_link_status:up").then_some(())
        })
        .await;
        replica
    }

    /// Kills it and starts one without data in its place.
    pub async fn replace(&mut self, image: &str) {
        self.container.kill().await;
        *self = Self::start_on(image, self.port).await;
    }

    async fn start_on(image: &str, port: u16) -> Self {
        let text = port.to_string();
        let server = ["redis-server", "--bind", "127.0.0.1", "--port", &text, "--dir", "/data"];
        let keeps = ["--appendonly", "yes", "--maxmemory-policy", "noeviction"];
        let replicates = ["--repl-diskless-sync-delay", "0"];
        let command = [&server[..], &keeps, &replicates].concat();
        let options = ["--user", "999:999", "--volume", "/data"];
        let container = Container::start(image, &options, &command).await;
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
        let server = Self { container, port, client };
        server.answers().await;
        server
    }

    /// Waits until it does.
    pub async fn answers(&self) {
        eventually("Redis answers", START_PATIENCE, async || {
            self.ask::<String>(&["PING"]).await.ok().map(|_| ())
        })
        .await;
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends one command.
    pub async fn ask<T: FromRedisValue>(&self, command: &[&str]) -> Result<T, RedisError> {
        let asked = async {
            let mut connection = self.client.get_multiplexed_async_connection().await?;
            let mut call = redis::cmd(command[0]);
            call.arg(&command[1..]).query_async(&mut connection).await
        };
        let late = || RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
        timeout(ANSWER_PATIENCE, asked).await.unwrap_or_else(|_| Err(late()))
    }
}
