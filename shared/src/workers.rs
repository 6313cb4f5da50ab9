//! Which workers are alive, and what they serve.
//!
//! A worker announces itself with every heartbeat; one that has not done so for a lease counts as
//! gone, and its containers may be removed.

use std::collections::{BTreeMap, HashSet};

use redis::AsyncCommands;
use serde::{Deserialize, Serialize};

use crate::queue::{LEASE, Queue, QueueError};

/// What a worker says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// The languages it serves, with the version of each.
    pub languages: BTreeMap<String, String>,
}

impl Queue {
    /// Announces a worker until a lease from now.
    pub async fn announce(&self, worker: &str, info: &WorkerInfo) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        let until = now_ms(&mut connection).await? + LEASE.as_millis();
        let info = serde_json::to_string(info).map_err(|_| QueueError::Foreign(worker.into()))?;
        let until = u64::try_from(until).unwrap_or(u64::MAX);
        let () = redis::pipe()
            .atomic()
            .zadd(self.keys().workers(), worker, until)
            .hset(self.keys().worker_info(), worker, info)
            .query_async(&mut connection)
            .await?;
        Ok(())
    }

    /// Takes a worker off the list.
    pub async fn withdraw(&self, worker: &str) -> Result<(), QueueError> {
        let () = redis::pipe()
            .atomic()
            .zrem(self.keys().workers(), worker)
            .hdel(self.keys().worker_info(), worker)
            .query_async(&mut self.connection().await?)
            .await?;
        Ok(())
    }

    /// The workers that are alive, and takes those that are gone off the list.
    pub async fn live_workers(&self) -> Result<HashSet<String>, QueueError> {
        let mut connection = self.connection().await?;
        let now = u64::try_from(now_ms(&mut connection).await?).unwrap_or(u64::MAX);
        let gone: Vec<String> =
            connection.zrangebyscore(self.keys().workers(), 0, now.saturating_sub(1)).await?;
        for worker in &gone {
            self.withdraw(worker).await?;
        }
        Ok(connection.zrangebyscore(self.keys().workers(), now, "+inf").await?)
    }

    /// What the living workers serve: each language with the versions of it.
    pub async fn served_languages(&self) -> Result<BTreeMap<String, String>, QueueError> {
        let live = self.live_workers().await?;
        let infos: BTreeMap<String, String> =
            self.connection().await?.hgetall(self.keys().worker_info()).await?;
        let mut served = BTreeMap::new();
        for (worker, info) in infos {
            if live.contains(&worker) {
                let info: WorkerInfo = serde_json::from_str(&info)
                    .map_err(|_| QueueError::Foreign(format!("worker {worker}")))?;
                served.extend(info.languages);
            }
        }
        Ok(served)
    }
}

/// Redis's clock, in milliseconds: workers' own clocks may differ.
async fn now_ms(connection: &mut deadpool_redis::Connection) -> Result<u128, QueueError> {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(connection).await?;
    Ok(u128::from(seconds) * 1000 + u128::from(micros) / 1000)
}
