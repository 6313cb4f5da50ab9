//! Who does what only one process at a time should do.

use std::time::Duration;

use bson::doc;
use mongodb::options::ReturnDocument;

use super::{Store, StoreError};

/// The collection of leases, one document for each role.
pub(super) const COLLECTION: &str = "leaders";

impl Store {
    /// Whether `holder` leads in this role for the next `ttl`: nobody else did, or whose time was
    /// over. To be asked again well before that is over itself. The time is MongoDB's own.
    ///
    /// A leader that stops for longer than `ttl` and goes on does not know that there is another:
    /// what leaders do must be safe to be done by two.
    pub async fn lead(&self, role: &str, holder: &str, ttl: Duration) -> Result<bool, StoreError> {
        let leaders = self.mongo.database.collection::<bson::Document>(COLLECTION);
        // One that was never taken has no time, which is before any other.
        let free = doc! { "$or": [
            { "$eq": ["$holder", holder] },
            { "$lte": ["$until", "$$NOW"] },
        ] };
        let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let until = doc! { "$add": ["$$NOW", ttl_ms] };
        let take = vec![doc! { "$set": {
            "holder": { "$cond": [&free, holder, "$holder"] },
            "until": { "$cond": [free, until, "$until"] },
        } }];
        let taken = leaders
            .find_one_and_update(doc! { "_id": role }, take)
            .upsert(true)
            .return_document(ReturnDocument::After);
        let taken = self.mongo.bounded(taken).await?;
        Ok(taken.is_some_and(|taken| taken.get_str("holder").is_ok_and(|leader| leader == holder)))
    }

    /// Ends the holder's time in this role, so that the next one need not wait for it.
    pub async fn step_down(&self, role: &str, holder: &str) -> Result<(), StoreError> {
        let leaders = self.mongo.database.collection::<bson::Document>(COLLECTION);
        self.mongo.bounded(leaders.delete_one(doc! { "_id": role, "holder": holder })).await?;
        Ok(())
    }
}
