//! Which workers are alive, and which languages they serve.
//!
//! A worker announces itself with every heartbeat; one that has not done so for a lease counts as
//! gone, and its containers may be removed. What it says of languages counts for longer: a worker
//! that restarts is no reason to refuse what it will soon serve again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use redis::AsyncCommands;
use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::queue::{LEASE, Queue, QueueError};

/// How long a language counts as served after a worker has said so for the last time.
pub const OFFER: Duration = Duration::from_secs(60);

/// What a worker says of a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What its `language.toml` says.
    pub language: Language,
    /// What the interpreter or compiler says of itself. None: the worker cannot serve it, because
    /// its image was not built.
    pub version: Option<String>,
}

/// What workers said of a language, and for how long it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What was said last.
    pub offer: Offer,
    /// For how much longer it is served; zero if no worker does.
    pub served_for: Duration,
}

/// What Redis holds of languages: what was said of each, which of them workers know, and until when
/// each is served.
type Found = (HashMap<String, String>, HashSet<String>, Vec<(String, u64)>);

impl Queue {
    /// Announces a worker until a lease from now, and what it says of languages.
    pub async fn announce(&self, worker: &str, offers: &[Offer]) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        let now = now_ms(&mut connection).await?;
        let keys = self.keys();
        let mut pipe = redis::pipe();
        pipe.atomic().zadd(keys.workers(), worker, now + ms(LEASE)).ignore();
        for offer in offers {
            let name = &offer.language.name;
            let json = serde_json::to_string(offer)
                .map_err(|_| QueueError::Foreign(format!("the language {name}")))?;
            pipe.zadd(keys.known_languages(), name, now + ms(OFFER)).ignore();
            if offer.version.is_some() {
                pipe.zadd(keys.served_languages(), name, now + ms(OFFER)).ignore();
                pipe.hset(keys.languages(), name, json).ignore();
            } else {
                // Another worker may serve it, and know its version.
                pipe.hset_nx(keys.languages(), name, json).ignore();
            }
        }
        Ok(pipe.query_async(&mut connection).await?)
    }

    /// Takes a worker off the list.
    pub async fn withdraw(&self, worker: &str) -> Result<(), QueueError> {
        Ok(self.connection().await?.zrem(self.keys().workers(), worker).await?)
    }

    /// The workers that are alive, and takes those that are gone off the list.
    pub async fn live_workers(&self) -> Result<HashSet<String>, QueueError> {
        let mut connection = self.connection().await?;
        let now = now_ms(&mut connection).await?;
        let workers = self.keys().workers();
        let () = connection.zrembyscore(&workers, 0, now.saturating_sub(1)).await?;
        Ok(connection.zrange(workers, 0, -1).await?)
    }

    /// What workers say of languages, by name, and forgets what none has said for a while.
    pub async fn offered(&self) -> Result<BTreeMap<String, Offered>, QueueError> {
        let mut connection = self.connection().await?;
        let now = now_ms(&mut connection).await?;
        let keys = self.keys();
        let found: Found = redis::pipe()
            .atomic()
            .zrembyscore(keys.known_languages(), 0, now.saturating_sub(1))
            .ignore()
            .zrembyscore(keys.served_languages(), 0, now.saturating_sub(1))
            .ignore()
            .hgetall(keys.languages())
            .zrange(keys.known_languages(), 0, -1)
            .zrange_withscores(keys.served_languages(), 0, -1)
            .query_async(&mut connection)
            .await?;
        let (offers, known, served) = found;
        let served: HashMap<String, u64> = served.into_iter().collect();
        let mut offered = BTreeMap::new();
        for (name, json) in offers {
            if !known.contains(&name) {
                let () = connection.hdel(keys.languages(), &name).await?;
                continue;
            }
            let offer: Offer = serde_json::from_str(&json)
                .map_err(|_| QueueError::Foreign(format!("the language {name}")))?;
            let until = served.get(&name).copied().unwrap_or(0);
            let served_for = Duration::from_millis(until.saturating_sub(now));
            offered.insert(name, Offered { offer, served_for });
        }
        Ok(offered)
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Redis's clock, in milliseconds: workers' own clocks may differ.
async fn now_ms(connection: &mut deadpool_redis::Connection) -> Result<u64, QueueError> {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(connection).await?;
    Ok(seconds * 1000 + micros / 1000)
}
