//! What is stored, as it is: one submission, several, or all that the queue should know of.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bson::{DateTime, Uuid, doc};
use futures_util::{Stream, StreamExt, TryStreamExt};

use super::{Store, StoreError, by_id, by_ids};
use crate::placement::Placement;
use crate::submission::{State, Submission, SubmissionId};

impl Store {
    /// Reads a submission.
    pub async fn get(&self, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
        let found = self.mongo.bounded(self.mongo.submissions.find_one(by_id(id))).await?;
        found.map(|found| found.into_submission(&self.mongo.seals)).transpose()
    }

    /// Reads several submissions at once; what there is of them, by id.
    pub async fn get_many(
        &self,
        ids: &[SubmissionId],
    ) -> Result<HashMap<SubmissionId, Submission>, StoreError> {
        let found = async {
            let found = self.mongo.submissions.find(by_ids(ids)).await?;
            found.try_collect::<Vec<_>>().await
        };
        let found = self.mongo.bounded(found).await?;
        let opened = found.into_iter().map(|found| {
            let submission = found.into_submission(&self.mongo.seals)?;
            Ok((submission.id, submission))
        });
        opened.collect()
    }

    /// The submissions that the queue should know of, each with where it waits: those queued since
    /// before `settled` ago, and those running for longer than `overdue`. In the order of their
    /// making. What was made in the future was made by a clock that is ahead, and nobody knows when:
    /// it counts as settled.
    pub async fn unfinished(
        &self,
        settled: Duration,
        overdue: Duration,
    ) -> Result<impl Stream<Item = Result<Waiting, StoreError>> + use<>, StoreError> {
        let now = SystemTime::now();
        let ago = |duration| DateTime::from_system_time(now - duration);
        let fresh =
            doc! { "createdAt": { "$gte": ago(settled), "$lte": DateTime::from_system_time(now) } };
        let filter = doc! { "$or": [
            { "state": State::Queued.as_str(), "$nor": [fresh] },
            { "state": State::Running.as_str(), "startedAt": { "$lt": ago(overdue) } },
        ] };
        let unfinished = self.mongo.submissions.clone_with_type::<Unfinished>();
        let needed = doc! { "_id": 1, "program.lang": 1, "placement": 1 };
        let find = unfinished.find(filter).projection(needed).sort(doc! { "_id": 1 });
        let cursor = self.mongo.bounded(find).await?;
        Ok(cursor.map_ok(Waiting::from).map(|found| found.map_err(StoreError::from)))
    }

    /// What runs under a permit, each with the worker that has claimed it.
    pub async fn running_under_permits(
        &self,
    ) -> Result<impl Stream<Item = Result<Running, StoreError>> + use<>, StoreError> {
        let needs_permit = ["parallel", "slot", "resultKey"]
            .map(|what| doc! { format!("placement.{what}"): { "$exists": true } });
        let filter = doc! { "state": State::Running.as_str(), "$or": needs_permit.to_vec() };
        let running = self.mongo.submissions.clone_with_type::<Unfinished>();
        let needed = doc! { "_id": 1, "program.lang": 1, "placement": 1, "worker": 1 };
        let find = running.find(filter).projection(needed).sort(doc! { "_id": 1 });
        let cursor = self.mongo.bounded(find).await?;
        Ok(cursor.map_ok(Running::from).map(|found| found.map_err(StoreError::from)))
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
        let Unfinished { id, placement, program, .. } = found;
        Self { id: id.to_uuid_1().into(), lang: program.lang, placement }
    }
}

/// A submission that runs, for the queue to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The submission.
    pub waiting: Waiting,
    /// The worker that has claimed it.
    pub worker: String,
}

impl From<Unfinished> for Running {
    fn from(mut found: Unfinished) -> Self {
        Self { worker: found.worker.take().unwrap_or_default(), waiting: found.into() }
    }
}

#[derive(Debug, serde::Deserialize)]
struct Unfinished {
    #[serde(rename = "_id")]
    id: Uuid,
    #[serde(default)]
    placement: Placement,
    program: UnfinishedProgram,
    worker: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
struct UnfinishedProgram {
    lang: String,
}
