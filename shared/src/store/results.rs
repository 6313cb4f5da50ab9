//! Results that may be given again: of whoever asked for that, by the name of the result.

use std::time::{Duration, SystemTime};

use bson::{DateTime, Document, RawDocumentBuf, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, IndexModel};

use super::mongo::Mongo;
use super::quotas::Whose;
use super::{Store, StoreError, is_duplicate};
use crate::outcome::Outcome;

#[derive(Debug, serde::Deserialize)]
struct Kept {
    outcome: RawDocumentBuf,
}

impl Store {
    /// Whether results are kept at all.
    pub fn keeps_results(&self) -> bool {
        self.mongo.result_retention.is_some()
    }

    /// The result of this name, as it was when it came about, if it is known.
    pub async fn result(&self, key: &str) -> Result<Option<Outcome>, StoreError> {
        let Some(_) = self.mongo.result_retention else { return Ok(None) };
        // The database removes them within a minute or so; until then they are there.
        let find = doc! { "_id": key, "expireAt": { "$gt": DateTime::now() } };
        let kept = results(&self.mongo).clone_with_type::<Kept>();
        let kept = self.mongo.bounded(kept.find_one(find)).await?;
        kept.map(|kept| self.mongo.seals.open_result(key, &kept.outcome)).transpose()
    }

    /// Keeps a result of theirs under this name, no longer than `at_most`, if there is such a bound. If
    /// there is one, that stays: they are the same.
    pub async fn keep_result(
        &self,
        key: &str,
        whose: Whose<'_>,
        outcome: &Outcome,
        at_most: Option<Duration>,
    ) -> Result<(), StoreError> {
        let Some(usual) = self.mongo.result_retention else { return Ok(()) };
        let retention = at_most.map_or(usual, |most| most.min(usual));
        let outcome = Document::try_from(self.mongo.seals.result(key, outcome)?)
            .map_err(|source| StoreError::Unreadable { id: key.to_owned(), source })?;
        let expire_at = DateTime::from_system_time(SystemTime::now() + retention);
        let mut kept = doc! { "_id": key, "outcome": outcome, "expireAt": expire_at };
        kept.extend(owned_by(whose));
        match self.mongo.bounded(results(&self.mongo).insert_one(kept)).await {
            Err(error) if !is_duplicate(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes the results that were kept of theirs.
    pub async fn remove_results(&self, whose: Whose<'_>) -> Result<(), StoreError> {
        self.mongo.bounded(results(&self.mongo).delete_many(owned_by(whose))).await.map(drop)
    }
}

fn owned_by(whose: Whose<'_>) -> Document {
    let mut owner = doc! { "tenant": whose.organisation.as_str() };
    if let Some(user) = whose.user {
        owner.insert("user", user.as_str());
    }
    owner
}

fn results(mongo: &Mongo) -> Collection<Document> {
    mongo.database.collection("results")
}

/// Makes the indexes by which they go: at their time, or with whose they are.
pub(super) async fn ensure_indexes(mongo: &Mongo) -> Result<(), mongodb::error::Error> {
    let at_its_time = IndexOptions::builder().expire_after(Duration::ZERO).build();
    let expiry = IndexModel::builder().keys(doc! { "expireAt": 1 }).options(at_its_time).build();
    let owner = IndexModel::builder().keys(doc! { "tenant": 1, "user": 1 }).build();
    results(mongo).create_indexes([expiry, owner]).await.map(drop)
}
