//! Claiming a submission for a worker.

use bson::{DateTime, doc};
use mongodb::options::{Acknowledgment, ReadConcern, ReturnDocument, WriteConcern};

use super::document::Document;
use super::{Store, StoreError, by_id};
pub use crate::lifecycle::MAX_STARTS;
use crate::submission::{ClaimId, State, Submission, SubmissionId};

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    /// The submission is the claimer's, under the epoch it carries.
    Granted(Box<Submission>),
    /// A client has asked for its end. It is not to be run, but to be ended as cancelled.
    Cancelled {
        /// The claim under which that can be written.
        claim: ClaimId,
        /// Its language.
        lang: String,
    },
    /// Its time in the queue was over before this claim. It is not to be run, but to be ended as
    /// failed.
    Expired {
        /// The claim under which that can be written.
        claim: ClaimId,
        /// Its language.
        lang: String,
    },
    /// It was started [`MAX_STARTS`] times and never finished. It carries the claim under
    /// which it can be declared failed.
    Exhausted {
        /// The last claim, which nobody else has.
        claim: ClaimId,
        /// Its language.
        lang: String,
    },
    /// It has reached a final state already.
    Finished,
    /// Another claim was made at the same time, and counts.
    Overtaken,
    /// There is no such submission.
    Unknown,
}

impl Store {
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
        let now = DateTime::now();
        let update = doc! {
            "$set": { "state": State::Running.as_str(), "worker": worker, "startedAt": now },
            "$min": { "firstStartedAt": now },
            "$inc": { "epoch": 1_i64, "starts": 1 },
        };
        let claim = self
            .submissions
            .find_one_and_update(claimable, update)
            .write_concern(WriteConcern::builder().w(Acknowledgment::Nodes(1)).build())
            .return_document(ReturnDocument::After);
        if let Some(claimed) = self.bounded(claim).await? {
            return Ok(granted(claimed));
        }
        // As it is now: what the majority has may be from before the last claim.
        let present = self.submissions.find_one(by_id(id)).read_concern(ReadConcern::local());
        Ok(self.bounded(present).await?.map_or(Claim::Unknown, refused))
    }
}

/// What a claim that was made is good for.
fn granted(claimed: Document) -> Claim {
    ending(claimed).unwrap_or_else(|claimed| Claim::Granted(Box::new(claimed.into())))
}

/// What a submission is that could not be claimed.
fn refused(present: Document) -> Claim {
    if present.state.is_final() {
        return Claim::Finished;
    }
    ending(present).unwrap_or_else(|present| {
        let present = Submission::from(present);
        Claim::Exhausted { claim: present.claim_id(), lang: present.program.lang }
    })
}

/// The answer for what is not to be run any more; else the document as it was.
fn ending(document: Document) -> Result<Claim, Document> {
    let (cancelled, expired) = (document.is_cancel_requested(), document.is_expired());
    if !cancelled && !expired {
        return Err(document);
    }
    let submission = Submission::from(document);
    let (claim, lang) = (submission.claim_id(), submission.program.lang);
    match cancelled {
        true => Ok(Claim::Cancelled { claim, lang }),
        false => Ok(Claim::Expired { claim, lang }),
    }
}
