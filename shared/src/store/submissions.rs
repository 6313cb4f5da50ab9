//! The life of a submission in the store: insert, claim, finish, hand back.

use std::time::{Duration, SystemTime};

use bson::{DateTime, Uuid, doc};
use futures_util::{Stream, StreamExt, TryStreamExt};
use mongodb::options::{Acknowledgment, ReadConcern, ReturnDocument, WriteConcern};

use super::document::Document;
use super::{Store, StoreError};
pub use crate::lifecycle::MAX_STARTS;
use crate::outcome::Outcome;
use crate::placement::Placement;
use crate::submission::{ClaimId, NewSubmission, State, Submission, SubmissionId};

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    /// The submission is the claimer's, under the epoch it carries.
    Granted(Box<Submission>),
    /// It has reached a final state already.
    Finished,
    /// It was started [`MAX_STARTS`] times and never finished. It carries the claim under
    /// which it can be declared failed.
    Exhausted {
        /// The last claim, which nobody else has.
        claim: ClaimId,
        /// Its language.
        lang: String,
    },
    /// There is no such submission.
    Unknown,
}

impl Store {
    /// Stores a new submission as queued.
    pub async fn insert(&self, new: &NewSubmission) -> Result<(), StoreError> {
        let document = Document::from(new);
        self.bounded(self.submissions.insert_one(&document)).await?;
        Ok(())
    }

    /// Reads a submission.
    pub async fn get(&self, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
        let found = self.bounded(self.submissions.find_one(by_id(id))).await?;
        Ok(found.map(Submission::from))
    }

    /// Claims a queued submission for `worker`, or takes over a running one whose lease the queue
    /// has given to this worker. The epoch rises, so that whoever had it before can write no more.
    ///
    /// It waits for no journal and no other member. If a failover takes the claim back, another
    /// worker may be given the same epoch: what this one writes then names the wrong worker.
    pub async fn claim(&self, id: SubmissionId, worker: &str) -> Result<Claim, StoreError> {
        let mut claimable = by_id(id);
        claimable
            .insert("state", doc! { "$in": [State::Queued.as_str(), State::Running.as_str()] });
        claimable.insert("starts", doc! { "$lt": MAX_STARTS });
        let update = doc! {
            "$set": {
                "state": State::Running.as_str(),
                "worker": worker,
                "startedAt": DateTime::now(),
            },
            "$inc": { "epoch": 1_i64, "starts": 1 },
        };
        let claim = self
            .submissions
            .find_one_and_update(claimable, update)
            .write_concern(WriteConcern::builder().w(Acknowledgment::Nodes(1)).build())
            .return_document(ReturnDocument::After);
        if let Some(claimed) = self.bounded(claim).await? {
            return Ok(Claim::Granted(Box::new(claimed.into())));
        }
        // As it is now: what the majority has may be from before the last claim.
        let present = self.submissions.find_one(by_id(id)).read_concern(ReadConcern::local());
        let present = self.bounded(present).await?;
        Ok(match present {
            None => Claim::Unknown,
            Some(present) if present.state.is_final() => Claim::Finished,
            Some(present) => {
                let present = Submission::from(present);
                Claim::Exhausted { claim: present.claim_id(), lang: present.program.lang }
            }
        })
    }

    /// Writes the final state of a running submission, if the claim still holds; the time that is
    /// written with it. `None`: it does not, and nothing was written.
    pub async fn finish(
        &self,
        claim: &ClaimId,
        state: State,
        outcome: &Outcome,
    ) -> Result<Option<DateTime>, StoreError> {
        let unreadable =
            |source| StoreError::Unreadable { id: claim.submission.to_string(), source };
        let now = SystemTime::now();
        let finished_at = DateTime::from_system_time(now);
        let mut set = doc! {
            "state": state.as_str(),
            "finishedAt": finished_at,
            "outcome": bson::serialize_to_bson(outcome).map_err(unreadable)?,
        };
        if let Some(retention) = self.retention {
            set.insert("expireAt", DateTime::from_system_time(now + retention));
        }
        let written = self.update_running(claim, doc! { "$set": set }).await?;
        Ok(written.then_some(finished_at))
    }

    /// Puts a running submission back among the queued, if the claim still holds. The start does not
    /// count: it was not the submission's fault.
    pub async fn hand_back(&self, claim: &ClaimId) -> Result<bool, StoreError> {
        let update = doc! {
            "$set": { "state": State::Queued.as_str() },
            "$unset": { "startedAt": "", "worker": "" },
            "$inc": { "starts": -1 },
        };
        self.update_running(claim, update).await
    }

    async fn update_running(
        &self,
        claim: &ClaimId,
        update: bson::Document,
    ) -> Result<bool, StoreError> {
        let mut mine = by_id(claim.submission);
        mine.insert("state", State::Running.as_str());
        mine.insert("epoch", claim.epoch);
        mine.insert("worker", &claim.worker);
        let result = self.bounded(self.submissions.update_one(mine, update)).await?;
        Ok(result.matched_count == 1)
    }

    /// The submissions that the queue should know of, each with where it waits: those queued since
    /// before `settled` ago, and those running for longer than `overdue`. In the order of their
    /// making.
    pub async fn unfinished(
        &self,
        settled: Duration,
        overdue: Duration,
    ) -> Result<impl Stream<Item = Result<Waiting, StoreError>> + use<>, StoreError> {
        let now = SystemTime::now();
        let ago = |duration| DateTime::from_system_time(now - duration);
        let filter = doc! { "$or": [
            { "state": State::Queued.as_str(), "createdAt": { "$lt": ago(settled) } },
            { "state": State::Running.as_str(), "startedAt": { "$lt": ago(overdue) } },
        ] };
        let unfinished = self.database.collection::<Unfinished>(self.submissions.name());
        let needed = doc! { "_id": 1, "program.lang": 1, "placement": 1 };
        let find = unfinished.find(filter).projection(needed).sort(doc! { "_id": 1 });
        let cursor = self.bounded(find).await?;
        Ok(cursor.map_ok(Waiting::from).map(|found| found.map_err(StoreError::from)))
    }
}

/// Of a submission, what the queue must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The submission.
    pub id: SubmissionId,
    /// Its language.
    pub lang: String,
    /// Where it waits.
    pub placement: Placement,
}

impl From<Unfinished> for Waiting {
    fn from(found: Unfinished) -> Self {
        let Unfinished { id, placement, program } = found;
        Self { id: id.to_uuid_1().into(), lang: program.lang, placement }
    }
}

#[derive(Debug, serde::Deserialize)]
struct Unfinished {
    #[serde(rename = "_id")]
    id: Uuid,
    #[serde(default)]
    placement: Placement,
    program: UnfinishedProgram,
}

#[derive(Debug, serde::Deserialize)]
struct UnfinishedProgram {
    lang: String,
}

fn by_id(id: SubmissionId) -> bson::Document {
    doc! { "_id": Uuid::from(id.as_uuid()) }
}
