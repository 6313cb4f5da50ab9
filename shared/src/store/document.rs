//! How a submission looks in MongoDB.

use bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::placement::Placement;
use crate::program::Program;
use crate::submission::{NewSubmission, State, Submission};

/// One document of the collection `submissions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(rename = "_id")]
    pub(super) id: Uuid,
    pub(super) program: Program,
    #[serde(default)]
    pub(super) placement: Placement,
    pub(super) state: State,
    /// Raised by every claim.
    pub(super) epoch: i64,
    /// Executions that were started; more than a few, and the submission itself is the cause.
    pub(super) starts: i32,
    created_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<DateTime>,
    /// When MongoDB may remove it; only ever set on a finished one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expire_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    worker: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

impl From<&NewSubmission> for Document {
    fn from(new: &NewSubmission) -> Self {
        Self {
            id: Uuid::from(new.id.as_uuid()),
            program: new.program.clone(),
            placement: new.placement.clone(),
            state: State::Queued,
            epoch: 0,
            starts: 0,
            created_at: DateTime::now(),
            started_at: None,
            finished_at: None,
            expire_at: None,
            worker: None,
            outcome: None,
        }
    }
}

impl From<Document> for Submission {
    fn from(stored: Document) -> Self {
        Self {
            id: stored.id.to_uuid_1().into(),
            program: stored.program,
            placement: stored.placement,
            state: stored.state,
            epoch: stored.epoch,
            created_at: stored.created_at,
            started_at: stored.started_at,
            finished_at: stored.finished_at,
            worker: stored.worker,
            outcome: stored.outcome,
        }
    }
}
