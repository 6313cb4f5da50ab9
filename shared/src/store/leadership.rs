//! Who does what only one process at a time should do.

use std::time::Duration;

use bson::doc;

use super::{Store, StoreError, is_duplicate};

/// The collection of leases, one document for each role.
pub(super) const COLLECTION: &str = "leaders";

impl Store {
    /// Whether `holder` leads in this role for the next `ttl`: nobody else did, or whose time was
    /// over. To be asked again well before that is over itself. The time is MongoDB's own.
    ///
    /// A leader that stops for longer than `ttl` and goes on does not know that there is another:
    /// what leaders do must be safe to be done by two.
    pub async fn lead(&self, role: &str, holder: &str, ttl: Duration) -> Result<bool, StoreError> {
        let leaders = self.database.collection::<bson::Document>(COLLECTION);
        let free = doc! {
            "_id": role,
            "$expr": { "$or": [
                { "$eq": ["$holder", holder] },
                { "$lte": ["$until", "$$NOW"] },
            ] },
        };
        let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let take = vec![doc! { "$set": {
            "holder": holder,
            "until": { "$add": ["$$NOW", ttl_ms] },
        } }];
        match self.bounded(leaders.update_one(free, take).upsert(true)).await {
            Ok(_) => Ok(true),
            // It is another's: there is a document of this role that the filter does not match.
            Err(StoreError::Unavailable(error)) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends the holder's time in this role, so that the next one need not wait for it.
    pub async fn step_down(&self, role: &str, holder: &str) -> Result<(), StoreError> {
        let leaders = self.database.collection::<bson::Document>(COLLECTION);
        self.bounded(leaders.delete_one(doc! { "_id": role, "holder": holder })).await?;
        Ok(())
    }
}
