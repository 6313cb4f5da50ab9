//! The names of everything that Airlock keeps in Redis.

use crate::submission::SubmissionId;

/// The consumer group that all workers share.
pub(super) const GROUP: &str = "workers";

/// The field of a stream entry that holds the submission's id.
pub(super) const ID_FIELD: &str = "id";

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

    /// Stream: an entry for each submission in this language that waits or runs.
    pub fn stream(&self, lang: &str) -> String {
        format!("{}{lang}", self.streams())
    }

    /// What the names of the languages' streams begin with.
    pub(super) fn streams(&self) -> String {
        format!("{}:stream:", self.prefix)
    }

    /// List of at most one token, which says that something has come into this language's stream.
    /// Whoever waits for that takes the token away.
    pub(super) fn bell(&self, lang: &str) -> String {
        format!("{}:bell:{lang}", self.prefix)
    }

    /// Sorted set: the languages in whose streams something was not delivered yet, by the time
    /// (Redis's, in milliseconds) since when it waits.
    pub(super) fn lanes(&self) -> String {
        format!("{}:lanes", self.prefix)
    }

    /// Set: the ids of all submissions that have an entry in a stream.
    pub fn known(&self) -> String {
        format!("{}:known", self.prefix)
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

    /// Channel: a message says that this submission has reached a final state.
    pub fn finished(&self, id: SubmissionId) -> String {
        format!("{}:finished:{id}", self.prefix)
    }
}
