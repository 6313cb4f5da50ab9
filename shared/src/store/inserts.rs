//! Storing new submissions.

use std::time::SystemTime;

use bson::{RawDocumentBuf, doc};
use mongodb::error::{ErrorKind, IndexedWriteError, InsertManyError};

use super::document::NewDocument;
use super::mongo::Mongo;
use super::{DUPLICATE_KEY, Store, StoreError, unreadable};
use crate::batcher::Batched;
use crate::outcome::Outcome;
use crate::placement::Tenant;
use crate::submission::{Idempotency, NewSubmission, State, SubmissionId};

/// What became of a new submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    New,
    /// It was stored before, under this id: its idempotency key and digest are the same.
    Repeated(SubmissionId),
    /// Another one was stored under its idempotency key.
    Conflicting,
}

/// Writes new submissions.
pub(super) struct Inserts(pub(super) Mongo);

/// A new submission that is to be written.
pub(super) struct Insert {
    id: SubmissionId,
    document: RawDocumentBuf,
    /// The key that only one may have.
    key: Option<(Tenant, Idempotency)>,
}

/// The submission that has a key.
#[derive(Debug, serde::Deserialize)]
struct Keyed {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    idempotency: Idempotency,
}

impl Store {
    /// Stores a new submission as queued.
    pub async fn insert(&self, new: &NewSubmission) -> Result<Inserted, StoreError> {
        self.insert_as(new, None).await
    }

    /// Stores a new submission as completed, with an outcome that is known already.
    pub async fn insert_completed(
        &self,
        new: &NewSubmission,
        outcome: &Outcome,
    ) -> Result<Inserted, StoreError> {
        let ending = self
            .mongo
            .ending(
                State::Completed,
                &self.mongo.seals.outcome(new.id, outcome)?,
                SystemTime::now(),
            )
            .map_err(|source| unreadable(new.id, source))?;
        self.insert_as(new, Some(ending)).await
    }

    async fn insert_as(
        &self,
        new: &NewSubmission,
        ending: Option<bson::Document>,
    ) -> Result<Inserted, StoreError> {
        let document = NewDocument::new(&self.mongo.seals, new, ending)?;
        let document = bson::serialize_to_raw_document_buf(&document)
            .map_err(|source| unreadable(new.id, source))?;
        let key = new.idempotency.clone().map(|key| (new.placement.tenant.clone(), key));
        self.inserts.ask(Insert { id: new.id, document, key }).await?
    }
}

impl Batched for Inserts {
    type Item = Insert;
    type Answer = Result<Inserted, StoreError>;

    fn bytes(insert: &Insert) -> usize {
        insert.document.as_bytes().len()
    }

    async fn carry_out(&self, inserts: Vec<Insert>) -> Vec<Result<Inserted, StoreError>> {
        let submissions = self.0.submissions.clone_with_type::<RawDocumentBuf>();
        let documents = inserts.iter().map(|insert| &insert.document);
        let insert = submissions.insert_many(documents).ordered(false);
        let error = match self.0.bounded(insert).await {
            Ok(_) => return inserts.iter().map(|_| Ok(Inserted::New)).collect(),
            Err(error) => error,
        };
        let Some(refused) = refused(&error) else {
            return inserts.iter().map(|_| Err(error.repeated())).collect();
        };
        let mut answers: Vec<_> = inserts.iter().map(|_| Ok(Inserted::New)).collect();
        for refusal in refused {
            let (code, message) = (refusal.code, refusal.message.clone());
            if let (Some(answer), Some(insert)) =
                (answers.get_mut(refusal.index), inserts.get(refusal.index))
            {
                *answer = match code {
                    DUPLICATE_KEY => self.duplicate(insert).await,
                    _ => Err(StoreError::Rejected { code, message }),
                };
            }
        }
        answers
    }
}

impl Inserts {
    /// What a submission is of which something is stored already: its id, or its key.
    async fn duplicate(&self, insert: &Insert) -> Result<Inserted, StoreError> {
        let Some((tenant, mine)) = &insert.key else {
            // An id is given once: what is stored under it is this submission, written by an
            // attempt whose answer was lost.
            return Ok(Inserted::New);
        };
        let filter = doc! { "placement.tenant": tenant.as_str(), "idempotency.key": &mine.key };
        let keyed = self.0.submissions.clone_with_type::<Keyed>();
        let find = keyed.find_one(filter).projection(doc! { "_id": 1, "idempotency": 1 });
        let Some(first) = self.0.bounded(find).await? else {
            return Err(StoreError::Interfered);
        };
        Ok(match first.id.to_uuid_1().into() {
            first_id if first_id == insert.id => Inserted::New,
            first_id if first.idempotency.digest == mine.digest => Inserted::Repeated(first_id),
            _ => Inserted::Conflicting,
        })
    }
}

/// The submissions of a batch that were refused, if that is all that is wrong with it.
fn refused(error: &StoreError) -> Option<&[IndexedWriteError]> {
    let StoreError::Unavailable(error) = error else { return None };
    match &*error.kind {
        ErrorKind::InsertMany(InsertManyError {
            write_errors: Some(refused),
            write_concern_error: None,
            ..
        }) => Some(refused),
        _ => None,
    }
}
