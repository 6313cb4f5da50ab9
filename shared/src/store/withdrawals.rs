//! Submissions that end without having been executed to their end: cancelled by a client, or too
//! old for the queue.

use std::time::SystemTime;

use bson::{DateTime, Uuid, doc};
use futures_util::TryStreamExt;
use mongodb::options::ReturnDocument;

use super::{Store, StoreError, by_id, by_ids, unreadable};
use crate::outcome::{FailureReason, Outcome};
use crate::submission::{State, Submission, SubmissionId};

/// A submission that changes between queued and running while it is being cancelled is looked at
/// again; so often in a row, nobody is that unlucky.
const CANCEL_ATTEMPTS: usize = 5;

/// Submissions that one call of [`Store::expire`] ends at most; the next call ends more.
const EXPIRE_BATCH: i64 = 1000;

/// The answer to a wish to cancel.
#[derive(Debug)]
pub enum Cancelling {
    /// There is no such submission.
    Unknown,
    /// It has reached a final state already, and stays in it.
    Final(State),
    /// It was queued, and is cancelled now.
    Done(Box<Submission>),
    /// It is running. Whoever runs it must be told, and will end it.
    Requested,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Found {
    #[serde(rename = "_id")]
    id: Uuid,
}

impl Found {
    pub(super) fn submission_id(&self) -> SubmissionId {
        self.id.to_uuid_1().into()
    }
}

#[derive(Debug, serde::Deserialize)]
struct Standing {
    state: State,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    cancel_reason: Option<FailureReason>,
}

impl Store {
    /// Cancels a submission: at once if it is queued; else the wish is noted, for its worker or
    /// whoever claims it next.
    pub async fn cancel(&self, id: SubmissionId) -> Result<Cancelling, StoreError> {
        self.withdraw(id, None).await
    }

    /// The same for a submission whose place a later one has taken.
    pub async fn supersede(&self, id: SubmissionId) -> Result<Cancelling, StoreError> {
        self.withdraw(id, Some(FailureReason::Superseded)).await
    }

    async fn withdraw(
        &self,
        id: SubmissionId,
        reason: Option<FailureReason>,
    ) -> Result<Cancelling, StoreError> {
        for _ in 0..CANCEL_ATTEMPTS {
            if let Some(cancelled) = self.cancel_queued(id, reason).await? {
                return Ok(Cancelling::Done(Box::new(cancelled)));
            }
            if self.request_cancel(id, reason).await? {
                return Ok(Cancelling::Requested);
            }
            let standing = self.mongo.submissions.clone_with_type::<Standing>();
            let find = standing.find_one(by_id(id)).projection(doc! { "state": 1 });
            match self.mongo.bounded(find).await? {
                None => return Ok(Cancelling::Unknown),
                Some(Standing { state }) if state.is_final() => {
                    return Ok(Cancelling::Final(state));
                }
                Some(_) => {}
            }
        }
        Err(StoreError::Interfered)
    }

    async fn cancel_queued(
        &self,
        id: SubmissionId,
        reason: Option<FailureReason>,
    ) -> Result<Option<Submission>, StoreError> {
        let mut queued = by_id(id);
        queued.insert("state", State::Queued.as_str());
        let outcome = Outcome::cancelled(reason);
        let ending = self.unexecuted(id, State::Cancelled, &outcome)?;
        let cancel = self
            .mongo
            .submissions
            .find_one_and_update(queued, doc! { "$set": ending })
            .return_document(ReturnDocument::After);
        let cancelled = self.mongo.bounded(cancel).await?;
        cancelled.map(|found| found.into_submission(&self.mongo.seals)).transpose()
    }

    async fn request_cancel(
        &self,
        id: SubmissionId,
        reason: Option<FailureReason>,
    ) -> Result<bool, StoreError> {
        let mut running = by_id(id);
        running.insert("state", State::Running.as_str());
        // The first wish counts.
        let mut request = doc! { "$min": { "cancelRequestedAt": DateTime::now() } };
        if let Some(reason) = reason {
            request.insert("$set", doc! { "cancelReason": reason.as_str() });
        }
        let requested =
            self.mongo.bounded(self.mongo.submissions.update_one(running, request)).await?;
        Ok(requested.matched_count == 1)
    }

    /// Why the end of a submission was asked for, where that has a name.
    pub async fn cancel_reason(
        &self,
        id: SubmissionId,
    ) -> Result<Option<FailureReason>, StoreError> {
        let wishes = self.mongo.submissions.clone_with_type::<Wish>();
        let find = wishes.find_one(by_id(id)).projection(doc! { "cancelReason": 1 });
        Ok(self.mongo.bounded(find).await?.and_then(|wish| wish.cancel_reason))
    }

    /// Of these, the running ones whose end a client has asked for.
    pub async fn cancel_requested(
        &self,
        ids: &[SubmissionId],
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let mut filter = by_ids(ids);
        filter.insert("state", State::Running.as_str());
        filter.insert("cancelRequestedAt", doc! { "$exists": true });
        self.find_ids(filter, 0).await
    }

    /// Ends queued submissions whose time in the queue was over at `now` as failed: a good many of
    /// them at once, and the rest in further calls. Those that were ended.
    pub async fn expire(&self, now: SystemTime) -> Result<Vec<SubmissionId>, StoreError> {
        let overdue = doc! {
            "state": State::Queued.as_str(),
            "queueDeadline": { "$lte": DateTime::from_system_time(now) },
            "starts": { "$lte": 0 },
        };
        let found = self.find_ids(overdue.clone(), EXPIRE_BATCH).await?;
        let Some(first) = found.first() else {
            return Ok(found);
        };
        let outcome = Outcome::failed(FailureReason::Expired);
        let ending = self.unexecuted(*first, State::Failed, &outcome)?;
        let mut filter = overdue;
        filter.extend(by_ids(&found));
        self.mongo
            .bounded(self.mongo.submissions.update_many(filter, doc! { "$set": ending }))
            .await?;
        let mut expired = by_ids(&found);
        expired.insert("state", State::Failed.as_str());
        expired.insert("outcome.reason", FailureReason::Expired.as_str());
        self.find_ids(expired, 0).await
    }

    /// The ending of what was not executed. There is nothing in it to be sealed.
    fn unexecuted(
        &self,
        id: SubmissionId,
        state: State,
        outcome: &Outcome,
    ) -> Result<bson::Document, StoreError> {
        bson::serialize_to_raw_document_buf(outcome)
            .and_then(|outcome| self.mongo.ending(state, &outcome, SystemTime::now()))
            .map_err(|source| unreadable(id, source))
    }

    /// The ids of what matches, up to `limit` of them (0: all).
    pub(super) async fn find_ids(
        &self,
        filter: bson::Document,
        limit: i64,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let ids = self.mongo.submissions.clone_with_type::<Found>();
        let found = async {
            let found = ids.find(filter).projection(doc! { "_id": 1 }).limit(limit).await?;
            found.map_ok(|found| found.submission_id()).try_collect().await
        };
        self.mongo.bounded(found).await
    }
}
