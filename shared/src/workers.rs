//! Which workers are alive, and which languages they serve in which pools.
//!
//! A worker announces itself with every heartbeat; one that has not done so for a lease counts as
//! gone, and its containers may be removed. What it says of languages counts for longer: a worker
//! that restarts is no reason to refuse what it will soon serve again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use redis::AsyncCommands;
use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::placement::PoolName;
use crate::queue::{LEASE, Queue, QueueError, scripts};

/// How long a language counts as served after a worker has said so for the last time.
pub const OFFER: Duration = Duration::from_secs(60);

/// How long a pool that no worker serves any more is remembered: long enough for a client to be told
/// that its workers are away, and not that it was never there.
const POOL_MEMORY: Duration = Duration::from_secs(24 * 3600);

/// What a worker says of a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What its `language.toml` says.
    pub language: Language,
    /// What the interpreter or compiler says of itself. None: the worker cannot serve it, because
    /// its image was not built.
    pub version: Option<String>,
    /// Names everything of the worker that can change what a program in this language does: the
    /// image, limits, what sandboxes are like. None: it is not served.
    #[serde(default)]
    pub environment: Option<String>,
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
    /// Announces a worker until a lease from now, and what it says of languages, which it serves in
    /// these pools.
    pub async fn announce(
        &self,
        worker: &str,
        pools: &[PoolName],
        offers: &[Offer],
    ) -> Result<(), QueueError> {
        let mut call = self.script(&scripts::ANNOUNCE);
        call.arg(worker).arg(ms(LEASE)).arg(ms(OFFER)).arg(ms(POOL_MEMORY)).arg(pools.len());
        for pool in pools {
            call.arg(pool.as_str());
        }
        for offer in offers {
            let name = &offer.language.name;
            let json = serde_json::to_string(offer)
                .map_err(|_| QueueError::Foreign(format!("the language {name}")))?;
            call.arg(name).arg(u8::from(offer.version.is_some())).arg(json);
        }
        self.invoke(&call).await
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

    /// The pools that workers have served of late, each with its languages and for how much longer
    /// they are served; zero if no worker does.
    pub async fn pools(
        &self,
    ) -> Result<BTreeMap<PoolName, BTreeMap<String, Duration>>, QueueError> {
        let mut connection = self.connection().await?;
        let now = now_ms(&mut connection).await?;
        let lanes: Vec<(String, u64)> =
            connection.zrange_withscores(self.keys().served_lanes(), 0, -1).await?;
        let mut pools: BTreeMap<PoolName, BTreeMap<String, Duration>> = BTreeMap::new();
        for (lane, until) in lanes {
            let Some((pool, lang)) = lane.split_once(':') else { continue };
            let Ok(pool) = pool.parse() else { continue };
            let served_for = Duration::from_millis(until.saturating_sub(now));
            pools.entry(pool).or_default().insert(lang.to_owned(), served_for);
        }
        Ok(pools)
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
