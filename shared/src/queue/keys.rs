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

    /// Stream: an entry for each submission that waits or runs.
    pub fn stream(&self) -> String {
        format!("{}:stream", self.prefix)
    }

    /// Set: the ids of all submissions that have an entry in the stream.
    pub fn known(&self) -> String {
        format!("{}:known", self.prefix)
    }

    /// Sorted set: workers, by the time (Redis's, in milliseconds) until which they count as alive.
    pub fn workers(&self) -> String {
        format!("{}:workers", self.prefix)
    }

    /// Hash: what each worker serves, as JSON.
    pub fn worker_info(&self) -> String {
        format!("{}:worker-info", self.prefix)
    }

    /// Channel: a message says that this submission has reached a final state.
    pub fn finished(&self, id: SubmissionId) -> String {
        format!("{}:finished:{id}", self.prefix)
    }
}
