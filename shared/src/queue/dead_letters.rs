//! Submissions that could not be executed: a list for people. The store has the truth.

use std::collections::HashMap;

use bson::DateTime;

use super::{Queue, QueueError};
use crate::placement::{Placement, Priority};
use crate::submission::SubmissionId;

/// The most that are kept; of more, the oldest are dropped.
pub const DEAD_LETTERS: usize = 10_000;

/// How many are looked through at once for one of them.
const BATCH: usize = 1_000;

/// A submission that could not be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The submission.
    pub id: SubmissionId,
    /// Its language.
    pub lang: String,
    /// Where it waited.
    pub placement: Placement,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub at: DateTime,
    /// Where in the list it is, to go on after it.
    pub entry: String,
}

/// An entry of the stream.
type Entry = (String, HashMap<String, String>);

impl Queue {
    /// Some of the dead letters, the latest first; those after an entry, if one is given. There are
    /// none after what is no entry's name.
    pub async fn dead_letters(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Vec<DeadLetter>, QueueError> {
        if after.is_some_and(|after| !names_an_entry(after)) {
            return Ok(Vec::new());
        }
        let entries = self.entries_before(after, limit).await?;
        Ok(entries.into_iter().filter_map(letter).collect())
    }

    /// Takes a submission off the list. `false`: it is not on it.
    pub async fn exhume(&self, id: SubmissionId) -> Result<bool, QueueError> {
        let id = id.to_string();
        let mut after: Option<String> = None;
        loop {
            let entries = self.entries_before(after.as_deref(), BATCH).await?;
            let Some((last, _)) = entries.last() else { return Ok(false) };
            after = Some(last.clone());
            let found = entries.iter().find(|(_, fields)| fields.get("id") == Some(&id));
            if let Some((entry, _)) = found {
                let mut delete = redis::cmd("XDEL");
                return self.query(delete.arg(self.keys.dead()).arg(entry)).await;
            }
        }
    }

    async fn entries_before(
        &self,
        entry: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Entry>, QueueError> {
        let end = entry.map_or_else(|| "+".to_owned(), |entry| format!("({entry}"));
        let mut range = redis::cmd("XREVRANGE");
        self.query(range.arg(self.keys.dead()).arg(end).arg("-").arg("COUNT").arg(limit)).await
    }
}

fn names_an_entry(text: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().is_ok();
    text.split_once('-').is_some_and(|(ms, number_in_it)| number(ms) && number(number_in_it))
}

/// What an entry says; nothing if it is not Airlock's.
fn letter((entry, mut fields): Entry) -> Option<DeadLetter> {
    let at = entry.split_once('-')?.0.parse().ok()?;
    let mut field = |name: &str| fields.remove(name);
    Some(DeadLetter {
        id: field("id")?.parse().ok()?,
        lang: field("lang")?,
        placement: Placement {
            tenant: field("tenant")?.parse().ok()?,
            pool: field("pool")?.parse().ok()?,
            priority: Priority::from_word(&field("priority")?)?,
            ..Placement::default()
        },
        reason: field("reason")?,
        at: DateTime::from_millis(at),
        entry,
    })
}
