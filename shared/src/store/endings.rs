//! The end of a claim: a final state, or back to the queue.

use std::time::SystemTime;

use bson::{DateTime, doc};

use super::{Store, StoreError, by_id, unreadable};
use crate::outcome::Outcome;
use crate::submission::{ClaimId, State};

impl Store {
    /// Writes the final state of a running submission, if the claim still holds; the time that is
    /// written with it. `None`: it does not, and nothing was written.
    pub async fn finish(
        &self,
        claim: &ClaimId,
        state: State,
        outcome: &Outcome,
    ) -> Result<Option<DateTime>, StoreError> {
        let now = SystemTime::now();
        let ending =
            self.ending(state, outcome, now).map_err(|e| unreadable(claim.submission, e))?;
        let written = self.update_running(claim, doc! { "$set": ending }).await?;
        Ok(written.then(|| DateTime::from_system_time(now)))
    }

    /// All that is written with a final state.
    pub(super) fn ending(
        &self,
        state: State,
        outcome: &Outcome,
        now: SystemTime,
    ) -> Result<bson::Document, bson::error::Error> {
        let mut ending = doc! {
            "state": state.as_str(),
            "finishedAt": DateTime::from_system_time(now),
            "outcome": bson::serialize_to_bson(outcome)?,
        };
        if let Some(retention) = self.retention {
            ending.insert("expireAt", DateTime::from_system_time(now + retention));
        }
        Ok(ending)
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
}
