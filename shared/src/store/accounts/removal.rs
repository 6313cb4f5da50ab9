//! The data of a user, or of all of an organisation, removed.

use bson::{Document, doc};
use futures_util::try_join;

use super::{KEYS, USAGE, USERS};
use crate::accounts::User;
use crate::placement::Tenant;
use crate::store::quotas::Whose;
use crate::store::{Store, StoreError, by_ids};
use crate::submission::{State, SubmissionId};

/// Submissions that are looked at once.
const BATCH: i64 = 1000;

impl Store {
    /// Removes all keys of theirs.
    pub async fn remove_keys(&self, whose: Whose<'_>) -> Result<(), StoreError> {
        let theirs = match whose.user {
            Some(user) => doc! { "owner": User::id_of(whose.organisation, user) },
            None => of_organisation(whose.organisation),
        };
        self.mongo.bounded(self.mongo.accounts(KEYS).delete_many(theirs)).await?;
        Ok(())
    }

    /// Some of their submissions that have not ended, to be cancelled.
    pub async fn unfinished_of(
        &self,
        whose: Whose<'_>,
        after: Option<SubmissionId>,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let mut filter = submitted_by(whose);
        filter.insert("state", unfinished());
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": bson::Uuid::from(after.as_uuid()) });
        }
        let mut found = self.find_ids(filter, BATCH).await?;
        found.sort();
        Ok(found)
    }

    /// Removes their submissions with all that came of them. What has not ended yet, or is not on
    /// the account yet, is gone a minute after it is.
    pub async fn remove_submissions(&self, whose: Whose<'_>) -> Result<(), StoreError> {
        let mut kept = submitted_by(whose);
        kept.insert("uncounted", true);
        let forget = doc! { "$set": { "account.allowance.retentionSeconds": 0_i64 } };
        self.mongo.bounded(self.mongo.submissions.update_many(kept, forget)).await?;
        loop {
            let mut counted = submitted_by(whose);
            counted.insert("uncounted", doc! { "$exists": false });
            let found = self.find_ids(counted, BATCH).await?;
            if found.is_empty() {
                return Ok(());
            }
            self.mongo.bounded(self.mongo.submissions.delete_many(by_ids(&found))).await?;
        }
    }

    /// Removes an organisation's users, and what is on its account; keys and submissions must be gone.
    pub async fn remove_users(&self, organisation: &Tenant) -> Result<(), StoreError> {
        let remove = async |collection| {
            let accounts = self.mongo.accounts(collection);
            self.mongo.bounded(accounts.delete_many(of_organisation(organisation))).await
        };
        try_join!(remove(USERS), remove(USAGE)).map(drop)
    }
}

fn of_organisation(organisation: &Tenant) -> Document {
    doc! { "organisation": organisation.as_str() }
}

fn submitted_by(whose: Whose<'_>) -> Document {
    let mut filter = doc! {
        "placement.tenant": whose.organisation.as_str(), "account.user": { "$exists": true },
    };
    if let Some(user) = whose.user {
        filter.insert("account.user", user.as_str());
    }
    filter
}

fn unfinished() -> Document {
    doc! { "$in": [State::Queued.as_str(), State::Running.as_str()] }
}
