//! A user's data, removed.

use bson::{Document, doc};

use super::KEYS;
use crate::accounts::User;
use crate::placement::{Tenant, UserName};
use crate::store::{Store, StoreError, by_ids};
use crate::submission::{State, SubmissionId};

/// Submissions of a user that are looked at once.
const BATCH: i64 = 1000;

impl Store {
    /// Removes all keys of a user.
    pub async fn remove_keys(
        &self,
        organisation: &Tenant,
        user: &UserName,
    ) -> Result<(), StoreError> {
        let theirs = doc! { "owner": User::id_of(organisation, user) };
        self.mongo.bounded(self.mongo.accounts(KEYS).delete_many(theirs)).await?;
        Ok(())
    }

    /// Some of a user's submissions that have not ended, to be cancelled.
    pub async fn unfinished_of(
        &self,
        organisation: &Tenant,
        user: &UserName,
        after: Option<SubmissionId>,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let mut filter = theirs(organisation, user);
        filter.insert("state", unfinished());
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": bson::Uuid::from(after.as_uuid()) });
        }
        let mut found = self.find_ids(filter, BATCH).await?;
        found.sort();
        Ok(found)
    }

    /// Removes a user's submissions with all that came of them. What has not ended yet, or is not on
    /// the account yet, is gone a minute after it is.
    pub async fn remove_submissions(
        &self,
        organisation: &Tenant,
        user: &UserName,
    ) -> Result<(), StoreError> {
        let mut kept = theirs(organisation, user);
        kept.insert("uncounted", true);
        let forget = doc! { "$set": { "account.allowance.retentionSeconds": 0_i64 } };
        self.mongo.bounded(self.mongo.submissions.update_many(kept, forget)).await?;
        loop {
            let mut counted = theirs(organisation, user);
            counted.insert("uncounted", doc! { "$exists": false });
            let found = self.find_ids(counted, BATCH).await?;
            if found.is_empty() {
                return Ok(());
            }
            self.mongo.bounded(self.mongo.submissions.delete_many(by_ids(&found))).await?;
        }
    }
}

fn theirs(organisation: &Tenant, user: &UserName) -> Document {
    doc! { "placement.tenant": organisation.as_str(), "account.user": user.as_str() }
}

fn unfinished() -> Document {
    doc! { "$in": [State::Queued.as_str(), State::Running.as_str()] }
}
