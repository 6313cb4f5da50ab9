//! The end of a claim: a final state, or back to the queue.

use std::collections::HashMap;
use std::time::SystemTime;

use bson::{DateTime, RawDocument, RawDocumentBuf, Uuid, doc, rawdoc};
use futures_util::TryStreamExt;

use super::mongo::Mongo;
use super::seals::Seals;
use super::update::Statement;
use super::{Store, StoreError, binary, by_id, by_ids};
use crate::batcher::Batched;
use crate::outcome::Outcome;
use crate::submission::{ClaimId, State, SubmissionId};

/// Writes final states.
pub(super) struct Finishes(pub(super) Mongo);

/// A final state that is to be written.
pub(super) struct Finish {
    claim: ClaimId,
    state: State,
    finished_at: DateTime,
    outcome: Outcome,
    /// The outcome as it is to be stored.
    stored: RawDocumentBuf,
    expire_at: Option<DateTime>,
}

/// What is stored of a submission that may have been finished by an attempt whose answer was lost.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Present {
    #[serde(rename = "_id")]
    id: Uuid,
    state: State,
    epoch: i64,
    claim_token: Option<Uuid>,
    finished_at: Option<DateTime>,
    outcome: Option<RawDocumentBuf>,
}

impl Store {
    /// Writes the final state of a running submission, if the claim still holds; the time that is
    /// written with it. `None`: it does not, and nothing was written.
    ///
    /// The same again, after an answer that was lost, is answered like the first.
    pub async fn finish(
        &self,
        claim: &ClaimId,
        state: State,
        outcome: &Outcome,
    ) -> Result<Option<DateTime>, StoreError> {
        let now = SystemTime::now();
        let finish = Finish {
            claim: claim.clone(),
            state,
            finished_at: DateTime::from_system_time(now),
            stored: self.mongo.seals.outcome(claim.submission, outcome)?,
            outcome: outcome.clone(),
            expire_at: self.mongo.expire_at(now),
        };
        self.finishes.ask(finish).await?
    }

    /// Puts a running submission back among the queued, if the claim still holds. The start does not
    /// count: it was not the submission's fault. Nor does its time in the queue any more: there was
    /// a worker for it in time.
    pub async fn hand_back(&self, claim: &ClaimId) -> Result<bool, StoreError> {
        let mut mine = by_id(claim.submission);
        mine.insert("state", State::Running.as_str());
        mine.insert("epoch", claim.epoch);
        mine.insert("worker", &claim.worker);
        mine.insert("claimToken", Uuid::from(claim.token));
        mine.insert("starts", doc! { "$gt": 0 });
        let update = doc! {
            "$set": { "state": State::Queued.as_str() },
            "$unset": { "startedAt": "", "worker": "", "claimToken": "", "queueDeadline": "" },
            "$inc": { "starts": -1 },
        };
        let update = self.mongo.submissions.update_one(mine, update);
        Ok(self.mongo.bounded(update).await?.matched_count == 1)
    }
}

impl Mongo {
    /// All that is written with a final state, the outcome as it is to be stored.
    pub(super) fn ending(
        &self,
        state: State,
        outcome: &RawDocument,
        now: SystemTime,
    ) -> Result<bson::Document, bson::error::Error> {
        let mut ending = doc! {
            "state": state.as_str(),
            "finishedAt": DateTime::from_system_time(now),
            "outcome": bson::Document::try_from(outcome)?,
        };
        if let Some(expire_at) = self.expire_at(now) {
            ending.insert("expireAt", expire_at);
        }
        Ok(ending)
    }

    /// When a submission that is finished now is to go.
    fn expire_at(&self, now: SystemTime) -> Option<DateTime> {
        self.retention.map(|retention| DateTime::from_system_time(now + retention))
    }
}

impl Batched for Finishes {
    type Item = Finish;
    type Answer = Result<Option<DateTime>, StoreError>;

    fn bytes(finish: &Finish) -> usize {
        512 + finish.stored.as_bytes().len()
    }

    async fn carry_out(&self, finishes: Vec<Finish>) -> Vec<Result<Option<DateTime>, StoreError>> {
        let statements: Vec<Statement> = finishes.iter().map(Finish::statement).collect();
        let updated = match self.0.update(statements, self.0.majority()).await {
            Ok(updated) => updated,
            Err(error) => return finishes.iter().map(|_| Err(error.repeated())).collect(),
        };
        let written = |finish: &Finish| Ok(Some(finish.finished_at));
        let mut answers: Vec<_> = finishes.iter().map(written).collect();
        if updated.n < finishes.len() {
            let present = match self.present(&finishes).await {
                Ok(present) => present,
                Err(error) => return finishes.iter().map(|_| Err(error.repeated())).collect(),
            };
            for (finish, answer) in finishes.iter().zip(&mut answers) {
                *answer = Ok(present
                    .get(&finish.claim.submission)
                    .and_then(|p| finish.found(&self.0.seals, p)));
            }
        }
        for refusal in updated.write_errors {
            if let Some(answer) = answers.get_mut(refusal.index) {
                *answer = Err(refusal.into_error());
            }
        }
        answers
    }
}

impl Finishes {
    /// What the majority has of these.
    async fn present(
        &self,
        finishes: &[Finish],
    ) -> Result<HashMap<SubmissionId, Present>, StoreError> {
        let ids: Vec<SubmissionId> =
            finishes.iter().map(|finish| finish.claim.submission).collect();
        let needed =
            doc! { "state": 1, "epoch": 1, "claimToken": 1, "finishedAt": 1, "outcome": 1 };
        let present = self.0.submissions.clone_with_type::<Present>();
        let present = async {
            let found = present.find(by_ids(&ids)).projection(needed).await?;
            found.map_ok(|found| (found.id.to_uuid_1().into(), found)).try_collect().await
        };
        self.0.bounded(present).await
    }
}

impl Finish {
    /// Its compare-and-set ([`Event::Finish`](crate::lifecycle::Event::Finish)).
    fn statement(&self) -> Statement {
        let filter = rawdoc! {
            "_id": binary(self.claim.submission.as_uuid()),
            "state": State::Running.as_str(),
            "epoch": self.claim.epoch,
            "worker": self.claim.worker.as_str(),
            "claimToken": binary(self.claim.token),
        };
        let mut set = rawdoc! {
            "state": self.state.as_str(),
            "finishedAt": self.finished_at,
            "outcome": self.stored.clone(),
        };
        if let Some(expire_at) = self.expire_at {
            set.append(bson::raw::cstr!("expireAt"), expire_at);
        }
        Statement { filter, change: rawdoc! { "$set": set }, multi: false }
    }

    /// The time at which exactly this was written under exactly this claim, if what is there says so.
    fn found(&self, seals: &Seals, present: &Present) -> Option<DateTime> {
        let same_claim = present.epoch == self.claim.epoch
            && present.claim_token == Some(Uuid::from(self.claim.token));
        let same_outcome = |stored: &RawDocumentBuf| {
            // Sealed twice, the same does not look the same.
            *stored == self.stored
                || seals
                    .open_outcome(self.claim.submission, stored)
                    .is_ok_and(|outcome| outcome == self.outcome)
        };
        let same_end =
            present.state == self.state && present.outcome.as_ref().is_some_and(same_outcome);
        present.finished_at.filter(|_| same_claim && same_end)
    }
}
