//! The names of what Airlock keeps in Redis. Those that only scripts touch are named in these, in
//! `lua/`.

use crate::placement::PoolName;
use crate::submission::SubmissionId;

/// Names keys and channels; all begin with the same prefix.
#[derive(Debug, Clone)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// What every name begins with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Stream of a lane, that is a pool and a language: an entry for each submission that was
    /// delivered to a worker.
    pub fn stream(&self, pool: &PoolName, lang: &str) -> String {
        format!("{}:stream:{pool}:{lang}", self.prefix)
    }

    /// List of at most one token, which says that something waits in this lane. Whoever waits for
    /// that takes the token away.
    pub(super) fn bell(&self, pool: &PoolName, lang: &str) -> String {
        format!("{}:bell:{pool}:{lang}", self.prefix)
    }

    /// Hash: for each submission that waits or runs, where it is.
    pub fn places(&self) -> String {
        format!("{}:places", self.prefix)
    }

    /// Hash: how many submissions wait or run in this pool, of each tenant and, under `*`, of all.
    pub(super) fn counts(&self, pool: &PoolName) -> String {
        format!("{}:counts:{pool}", self.prefix)
    }

    /// Stream: the dead letters.
    pub(super) fn dead(&self) -> String {
        format!("{}:dead", self.prefix)
    }

    /// String: names what the queue holds since it was last empty.
    pub fn generation(&self) -> String {
        format!("{}:generation", self.prefix)
    }

    /// Sorted set: workers, by the time (Redis's, in milliseconds) until which they count as alive.
    pub fn workers(&self) -> String {
        format!("{}:workers", self.prefix)
    }

    /// Hash: what workers say of each language, as JSON.
    pub fn languages(&self) -> String {
        format!("{}:languages", self.prefix)
    }

    /// Sorted set: languages that workers know, by the time until which that counts.
    pub fn known_languages(&self) -> String {
        format!("{}:languages:known", self.prefix)
    }

    /// Sorted set: languages that workers serve, by the time until which that counts.
    pub fn served_languages(&self) -> String {
        format!("{}:languages:served", self.prefix)
    }

    /// Sorted set: pools and languages that workers serve, as `pool:language`, by the time until
    /// which that counts.
    pub fn served_lanes(&self) -> String {
        format!("{}:lanes:served", self.prefix)
    }

    /// Channel: a message says that this submission has reached a final state.
    pub fn finished(&self, id: SubmissionId) -> String {
        format!("{}:finished:{id}", self.prefix)
    }

    /// Channel: a message is the id of a submission whose end a client has asked for.
    pub fn cancel(&self) -> String {
        format!("{}:cancel", self.prefix)
    }
}
