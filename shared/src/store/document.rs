//! How a submission looks in MongoDB.

use bson::raw::RawDocumentBuf;
use bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::seals::Seals;
use crate::accounts::Account;
use crate::lifecycle::Life;
use crate::outcome::FailureReason;
use crate::placement::Placement;
use crate::submission::{Idempotency, NewSubmission, State, Submission, SubmissionId};

/// One document of the collection `submissions`, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(rename = "_id")]
    id: Uuid,
    program: RawDocumentBuf,
    #[serde(default)]
    placement: Placement,
    account: Option<Account>,
    state: State,
    /// Raised by every claim.
    epoch: i64,
    /// Executions that were started; more than a few, and the submission itself is the cause.
    starts: i32,
    created_at: DateTime,
    started_at: Option<DateTime>,
    finished_at: Option<DateTime>,
    /// When it is given up, if it was not claimed until then.
    queue_deadline: Option<DateTime>,
    /// When a client asked for its end, if it was running then.
    cancel_requested_at: Option<DateTime>,
    /// Why, where that has a name.
    pub(super) cancel_reason: Option<FailureReason>,
    worker: Option<String>,
    /// Names the last claim, unless it was handed back.
    claim_token: Option<Uuid>,
    outcome: Option<RawDocumentBuf>,
}

/// A document as it is made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewDocument<'a> {
    #[serde(rename = "_id")]
    id: Uuid,
    program: RawDocumentBuf,
    placement: &'a Placement,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    epoch: i64,
    starts: i32,
    created_at: DateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_deadline: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency: Option<&'a Idempotency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a Account>,
    /// That what it uses is still to be written to its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    uncounted: Option<bool>,
    /// How it ended, where that is known before it is executed.
    #[serde(flatten)]
    ending: Option<bson::Document>,
}

impl Document {
    pub(super) fn submission_id(&self) -> SubmissionId {
        self.id.to_uuid_1().into()
    }

    /// What of it decides about its next state.
    pub(super) fn life(&self, now: DateTime) -> Life<uuid::Uuid> {
        Life {
            state: self.state,
            epoch: self.epoch,
            token: self.claim_token.map(Uuid::to_uuid_1),
            starts: self.starts,
            cancel_requested: self.cancel_requested_at.is_some(),
            deadline_passed: self.queue_deadline.is_some_and(|deadline| deadline <= now),
        }
    }

    /// The submission, opened where it is sealed.
    pub(super) fn into_submission(self, seals: &Seals) -> Result<Submission, StoreError> {
        let id = self.submission_id();
        let outcome = self.outcome.map(|outcome| seals.open_outcome(id, &outcome)).transpose()?;
        Ok(Submission {
            id,
            program: seals.open_program(id, &self.program)?,
            placement: self.placement,
            account: self.account,
            state: self.state,
            epoch: self.epoch,
            created_at: self.created_at,
            // What is claimed only to be declared expired is running, but was never started.
            started_at: self.started_at.filter(|_| self.starts > 0),
            finished_at: self.finished_at,
            worker: self.worker,
            claim_token: self.claim_token.map(Uuid::to_uuid_1),
            outcome,
        })
    }
}

impl<'a> NewDocument<'a> {
    /// One that is queued, or that ends as it begins.
    pub(super) fn new(
        seals: &Seals,
        new: &'a NewSubmission,
        ending: Option<bson::Document>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: Uuid::from(new.id.as_uuid()),
            program: seals.program(new.id, &new.program)?,
            placement: &new.placement,
            state: ending.is_none().then_some(State::Queued),
            epoch: 0,
            starts: 0,
            created_at: DateTime::now(),
            queue_deadline: new.queue_deadline,
            idempotency: new.idempotency.as_ref(),
            account: new.account.as_ref(),
            uncounted: new.account.as_ref().map(|_| true),
            ending,
        })
    }
}
