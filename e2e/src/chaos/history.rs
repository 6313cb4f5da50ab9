//! What happened in a run, in order: what clients asked and were told, what processes logged, and
//! what was broken. Entries are only ever added.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::plan::Fault;

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// By the driver's own clock, in milliseconds since the history began.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A client is about to submit a job.
    Submitting {
        /// The client's own number for it.
        job: u32,
        /// Whose it is.
        tenant: String,
        /// Its priority's word.
        priority: String,
        /// What its program prints.
        prints: String,
    },
    /// The API answered 201, or the same again for the same key.
    Accepted {
        /// The job.
        job: u32,
        /// The submission's id.
        id: String,
    },
    /// The API answered something else.
    Refused {
        /// The job.
        job: u32,
        /// The answer's status.
        status: u16,
        /// The error's code.
        code: String,
    },
    /// The API did not answer: the job may be stored or not.
    NoAnswer {
        /// The job.
        job: u32,
    },
    /// A client begins to wait for a result.
    Waiting {
        /// The client.
        waiter: u32,
        /// What it waits for.
        id: String,
    },
    /// A client was shown a final result.
    Answered {
        /// The client.
        waiter: u32,
        /// Of which submission.
        id: String,
        /// The result.
        shown: Shown,
    },
    /// A client that held an id was told that there is no such submission.
    Denied {
        /// The submission.
        id: String,
    },
    /// A client asked for another tenant's submission.
    Peeked {
        /// The submission.
        id: String,
        /// The answer's status.
        status: u16,
    },
    /// A client withdraws a submission.
    Cancelling {
        /// The submission.
        id: String,
    },
    /// The API's answer to that; 0 if there was none.
    CancelAnswered {
        /// The submission.
        id: String,
        /// The answer's status.
        status: u16,
    },
    /// A fault begins.
    Broken {
        /// Which.
        fault: Fault,
        /// What it hits.
        target: String,
    },
    /// A fault is over.
    Mended {
        /// Which.
        fault: Fault,
    },
    /// A worker logged that an execution started.
    Started {
        /// The submission.
        id: String,
        /// The worker's name.
        worker: String,
        /// The epoch of its claim.
        epoch: i64,
    },
    /// A worker logged that an execution ended; its outcome is not written yet.
    Ended {
        /// The submission.
        id: String,
        /// The worker's name.
        worker: String,
    },
    /// A process logged a warning or an error.
    Warned {
        /// The process.
        process: String,
        /// The log's message.
        message: String,
        /// The submission that it is about.
        id: Option<String>,
    },
    /// A process panicked.
    Panicked {
        /// The process.
        process: String,
        /// What it printed.
        text: String,
    },
    /// Under which claim a submission ended, as it is stored.
    Stored {
        /// The submission.
        id: String,
        /// The epoch under which it ended.
        epoch: i64,
        /// The worker that had the claim.
        worker: Option<String>,
    },
    /// The store has a submission in no final state, though everything has come to rest.
    Unfinished {
        /// The submission.
        id: String,
    },
    /// Something is still there for which nothing accounts.
    Left {
        /// What.
        what: String,
    },
}

/// A final result, as far as two clients could tell two results apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// The state's word.
    pub status: String,
    /// The verdict's word.
    pub verdict: String,
    /// What the program printed.
    pub std_output: String,
    /// When it ended, as text.
    pub finished_at: String,
}

/// A history that is being written; cheap to clone.
#[derive(Debug, Clone)]
pub struct History {
    began: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
    grown: Arc<watch::Sender<()>>,
}

impl Default for History {
    fn default() -> Self {
        let (entries, grown) = (Arc::default(), Arc::new(watch::Sender::new(())));
        Self { began: Instant::now(), entries, grown }
    }
}

impl History {
    /// Adds what happens now.
    pub fn note(&self, event: Event) {
        let at_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let entry = Entry { at_ms, event };
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        self.grown.send_replace(());
    }

    /// What there is from this position on.
    pub fn since(&self, position: usize) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)[position..].to_vec()
    }

    /// The position of what will be added next.
    pub fn position(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits for something that has happened since a position, for so long at most.
    pub async fn happens<T>(
        &self,
        since: usize,
        patience: Duration,
        mut looked_for: impl FnMut(&Event) -> Option<T>,
    ) -> Option<T> {
        let mut grown = self.grown.subscribe();
        let mut position = since;
        let look = async {
            loop {
                let new = self.since(position);
                position += new.len();
                if let Some(found) = new.iter().find_map(|entry| looked_for(&entry.event)) {
                    return Some(found);
                }
                if grown.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(patience, look).await.ok().flatten()
    }
}

/// One JSON object a line.
pub fn lines(entries: &[Entry]) -> String {
    let line = |entry| serde_json::to_string(entry).unwrap() + "\n";
    entries.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_history_can_be_waited_on_and_read_again() {
        let history = History::default();
        history.note(Event::Mended { fault: Fault::QueueFlushed });
        let seen = history.position();
        let denied = |event: &Event| matches!(event, Event::Denied { .. }).then_some(());
        assert_eq!(history.happens(0, Duration::from_millis(10), denied).await, None);
        let waiting = tokio::spawn({
            let history = history.clone();
            async move { history.happens(seen, Duration::from_secs(10), denied).await }
        });
        history.note(Event::Denied { id: "a".into() });
        assert_eq!(waiting.await.unwrap(), Some(()));

        let text = lines(&history.since(0));
        let read: Vec<Entry> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, history.since(0));
    }
}
