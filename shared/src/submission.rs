//! A submission: what a client hands in, and the states it goes through.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::accounts::Account;
use crate::outcome::Outcome;
use crate::placement::Placement;
use crate::program::Program;

/// Names a submission. Version 7 UUIDs: they sort by the time of their making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct SubmissionId(Uuid);

impl SubmissionId {
    /// An id that no other submission has.
    #[expect(clippy::new_without_default, reason = "every id is different")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// An id that no other submission has, and that is later than this one whatever the clocks say.
    pub fn later_than(other: Self) -> Self {
        let new = Self::new();
        if new > other {
            return new;
        }
        // Another machine's clock is ahead.
        let (seconds, nanos) = other.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
        let millis = seconds * 1000 + u64::from(nanos) / 1_000_000 + 1;
        let mut random = [0; 10];
        random.copy_from_slice(&Uuid::new_v4().as_bytes()[6..]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id as bits, for the store.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for SubmissionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Text that is not a submission's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a submission id: expected a UUID such as 01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f")]
pub struct InvalidId;

impl TryFrom<String> for SubmissionId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for SubmissionId {
    type Err = InvalidId;

    /// Accepts the hyphenated form and the plain one of 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.len() {
            32 | 36 => Uuid::try_parse(text).map(Self).map_err(|_| InvalidId),
            _ => Err(InvalidId),
        }
    }
}

/// Where a submission stands. It only ever moves forward along
/// `queued → running → completed | failed | cancelled`, save that a running one may be handed back
/// to the queue; a final state is never left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Stored, waiting for a worker.
    Queued,
    /// A worker has claimed it.
    Running,
    /// It was executed and has a verdict on the program.
    Completed,
    /// It could not be executed; the fault is ours.
    Failed,
    /// It was withdrawn.
    Cancelled,
}

impl State {
    /// Whether nothing can change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The word for it in the API, the store and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a client hands in, already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubmission {
    /// Its name from now on.
    pub id: SubmissionId,
    /// What is to be executed.
    pub program: Program,
    /// Where it waits until then.
    pub placement: Placement,
    /// By what a second one of the same client is recognised as this one, if at all.
    pub idempotency: Option<Idempotency>,
    /// When it is given up if no worker has claimed it; `None`: never.
    pub queue_deadline: Option<bson::DateTime>,
    /// On whose account it is executed; `None`: there are no accounts.
    pub account: Option<Account>,
}

/// What makes sending a submission twice the same as sending it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// The client's own word for the submission; unique within its tenant.
    pub key: String,
    /// A digest of what was sent with it, so that another submission is not taken for this one.
    pub digest: String,
}

/// A submission as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Its name.
    pub id: SubmissionId,
    /// What is to be executed.
    pub program: Program,
    /// Where it waits until then.
    pub placement: Placement,
    /// On whose account it is executed; `None`: there are no accounts.
    pub account: Option<Account>,
    /// Where it stands.
    pub state: State,
    /// Raised by every claim; a write with an older epoch is dropped.
    pub epoch: i64,
    /// When it was accepted.
    pub created_at: bson::DateTime,
    /// When its present execution started.
    pub started_at: Option<bson::DateTime>,
    /// When it reached its final state.
    pub finished_at: Option<bson::DateTime>,
    /// The worker that claimed it last.
    pub worker: Option<String>,
    /// Names its last claim, and no other.
    pub claim_token: Option<Uuid>,
    /// How it ended, in a final state.
    pub outcome: Option<Outcome>,
}

/// How a submission came to its final state: all that changes with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// The final state.
    pub state: State,
    /// The epoch of the claim under which it was reached.
    pub epoch: i64,
    /// The worker that had the claim; `None`: it was ended before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// When the execution started.
    pub started_at: Option<bson::DateTime>,
    /// When the state was reached.
    pub finished_at: bson::DateTime,
    /// How it ended.
    pub outcome: Outcome,
}

/// A claim on a submission: what its holder writes is dropped once there is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimId {
    /// What is claimed.
    pub submission: SubmissionId,
    /// Who claimed it.
    pub worker: String,
    /// The epoch that the claim began.
    pub epoch: i64,
    /// Names the claim and no other: a failover may have given its epoch to another one too.
    pub token: Uuid,
}

impl Submission {
    /// What it becomes by this ending.
    #[must_use]
    pub fn ended(&self, ending: &Ending) -> Self {
        let Ending { state, epoch, worker, started_at, finished_at, outcome } = ending.clone();
        Self {
            state,
            epoch,
            started_at,
            finished_at: Some(finished_at),
            worker,
            outcome: Some(outcome),
            ..self.clone()
        }
    }

    /// How it came to its final state; `None`: it is in none yet.
    pub fn ending(&self) -> Option<Ending> {
        Some(Ending {
            state: self.state,
            epoch: self.epoch,
            worker: self.worker.clone(),
            started_at: self.started_at,
            finished_at: self.finished_at?,
            outcome: self.outcome.clone()?,
        })
    }

    /// The last claim on it.
    pub fn claim_id(&self) -> ClaimId {
        ClaimId {
            submission: self.id,
            worker: self.worker.clone().unwrap_or_default(),
            epoch: self.epoch,
            token: self.claim_token.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn ids_survive_text_and_sort_by_age() {
        let (older, newer) = (SubmissionId::new(), SubmissionId::new());
        assert!(older < newer);
        assert_eq!(older.to_string().parse(), Ok(older));
        assert_eq!(older.as_uuid().simple().to_string().parse(), Ok(older));
    }

    #[test]
    fn an_id_can_be_made_later_than_one_of_a_clock_that_is_ahead() {
        let ahead = "ffff7b5e-7c1a-7cc3-bfff-ffffffffffff".parse().unwrap();
        let later = SubmissionId::later_than(ahead);
        assert!(later > ahead);
        assert_eq!(later.as_uuid().get_version_num(), 7);
        let usual = SubmissionId::new();
        assert!(SubmissionId::later_than(usual) > usual);
    }

    #[rstest]
    #[case("")]
    #[case("42")]
    #[case("not-a-uuid-but-just-as-long-as-one-is")]
    #[case("{01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f}")]
    #[case("urn:uuid:01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f")]
    fn other_text_is_no_id(#[case] text: &str) {
        assert_eq!(text.parse::<SubmissionId>(), Err(InvalidId));
    }
}
