//! Storing new submissions.

use bson::doc;

use super::document::NewDocument;
use super::{Store, StoreError, is_duplicate, unreadable};
use crate::placement::Tenant;
use crate::submission::{Idempotency, NewSubmission, SubmissionId};

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

#[derive(Debug, serde::Deserialize)]
struct Keyed {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    idempotency: Idempotency,
}

impl Store {
    /// Stores a new submission as queued.
    pub async fn insert(&self, new: &NewSubmission) -> Result<Inserted, StoreError> {
        let document = bson::serialize_to_raw_document_buf(&NewDocument::from(new))
            .map_err(|source| unreadable(new.id, source))?;
        let submissions = self.submissions.clone_with_type::<bson::RawDocumentBuf>();
        match self.bounded(submissions.insert_one(document)).await {
            Ok(_) => Ok(Inserted::New),
            Err(StoreError::Unavailable(error)) if is_duplicate(&error) => {
                match &new.idempotency {
                    Some(mine) => self.keyed(new.id, &new.placement.tenant, mine).await,
                    // An id is given once: what is there under this one is this submission.
                    None => Ok(Inserted::New),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// What a submission is, beside the one that has its key already.
    async fn keyed(
        &self,
        id: SubmissionId,
        tenant: &Tenant,
        mine: &Idempotency,
    ) -> Result<Inserted, StoreError> {
        let filter = doc! { "placement.tenant": tenant.as_str(), "idempotency.key": &mine.key };
        let keyed = self.submissions.clone_with_type::<Keyed>();
        let find = keyed.find_one(filter).projection(doc! { "_id": 1, "idempotency": 1 });
        let Some(first) = self.bounded(find).await? else {
            return Err(StoreError::Interfered);
        };
        Ok(match first.id.to_uuid_1().into() {
            first_id if first_id == id => Inserted::New,
            first_id if first.idempotency.digest == mine.digest => Inserted::Repeated(first_id),
            _ => Inserted::Conflicting,
        })
    }
}
