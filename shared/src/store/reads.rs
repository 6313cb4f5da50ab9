//! What is stored, as it is: one submission, several, or all that the queue should know of.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bson::spec::BinarySubtype;
use bson::{DateTime, RawDocument, RawDocumentBuf, Uuid, doc};
use futures_util::{Stream, StreamExt, TryStreamExt};
use mongodb::options::ReadConcern;

use super::document::Document;
use super::mongo::Mongo;
use super::{Store, StoreError, by_id, by_ids, unreadable};
use crate::batcher::Batched;
use crate::placement::Placement;
use crate::submission::{State, Submission, SubmissionId};

/// What a stored submission is taken to have, in bytes: the large ones among them, so that a batch of
/// them stays within bounds.
const USUAL_BYTES: usize = 128 * 1024;

/// Reads submissions.
pub(super) struct Gets(pub(super) Mongo);

impl Store {
    /// Reads a submission, as it was at some moment after this call.
    pub async fn get(&self, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
        Ok(self.gets.ask(id).await??.map(|found| *found))
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

    /// What runs under a permit, each with the worker that has claimed it. A claim counts before the
    /// majority has it, and so it does here.
    pub async fn running_under_permits(
        &self,
    ) -> Result<impl Stream<Item = Result<Running, StoreError>> + use<>, StoreError> {
        let needs_permit = ["parallel", "slot", "resultKey"]
            .map(|what| doc! { format!("placement.{what}"): { "$exists": true } });
        let filter = doc! { "state": State::Running.as_str(), "$or": needs_permit.to_vec() };
        let running = self.mongo.submissions.clone_with_type::<Unfinished>();
        let needed = doc! { "_id": 1, "program.lang": 1, "placement": 1, "worker": 1 };
        let find = running.find(filter).projection(needed).sort(doc! { "_id": 1 });
        let cursor = self.mongo.bounded(find.read_concern(ReadConcern::local())).await?;
        Ok(cursor.map_ok(Running::from).map(|found| found.map_err(StoreError::from)))
    }
}

impl Batched for Gets {
    type Item = SubmissionId;
    type Answer = Result<Option<Box<Submission>>, StoreError>;

    fn bytes(_: &SubmissionId) -> usize {
        USUAL_BYTES
    }

    async fn carry_out(
        &self,
        ids: Vec<SubmissionId>,
    ) -> Vec<Result<Option<Box<Submission>>, StoreError>> {
        match self.find(&ids).await {
            Ok(found) => ids
                .iter()
                .map(|id| found.get(id).map(|it| self.read(*id, it)).transpose())
                .collect(),
            Err(error) => ids.iter().map(|_| Err(error.repeated())).collect(),
        }
    }
}

impl Gets {
    async fn find(
        &self,
        ids: &[SubmissionId],
    ) -> Result<HashMap<SubmissionId, RawDocumentBuf>, StoreError> {
        let submissions = self.0.submissions.clone_with_type::<RawDocumentBuf>();
        let filter = match ids {
            [id] => by_id(*id),
            _ => by_ids(ids),
        };
        // All of them in one answer.
        let size = u32::try_from(ids.len() + 1).unwrap_or(u32::MAX);
        let found = async {
            submissions.find(filter).batch_size(size).await?.try_collect::<Vec<_>>().await
        };
        let found = self.0.bounded(found).await?;
        Ok(found.into_iter().filter_map(|found| Some((id_of(&found)?, found))).collect())
    }

    fn read(&self, id: SubmissionId, found: &RawDocument) -> Result<Box<Submission>, StoreError> {
        let document: Document = bson::deserialize_from_slice(found.as_bytes())
            .map_err(|source| unreadable(id, source))?;
        document.into_submission(&self.0.seals).map(Box::new)
    }
}

fn id_of(document: &RawDocument) -> Option<SubmissionId> {
    let id = document.get_binary("_id").ok().filter(|id| id.subtype == BinarySubtype::Uuid)?;
    uuid::Uuid::from_slice(id.bytes).ok().map(SubmissionId::from)
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
