//! Accounts in the store: organisations, users and keys, and who changed them.
//!
//! A change and its entry in the audit log are one transaction ([`changes`]): none is made that is not
//! written down, and none is written down that was not made.

mod changes;
mod indexes;
mod removal;
mod usage;

use bson::{DateTime, Document, doc};
use futures_util::TryStreamExt;
use mongodb::Collection;
use serde::de::DeserializeOwned;

use super::mongo::Mongo;
use super::{Store, StoreError};
use crate::accounts::audit::Entry;
use crate::accounts::key::{KeyId, Presented};
use crate::accounts::{Holder, Key, Organisation, User};
use crate::placement::{Tenant, UserName};
pub use changes::{Change, Changed};
pub(super) use indexes::ensure_indexes;
pub use usage::UsageQuery;

const ORGANISATIONS: &str = "organisations";
const USERS: &str = "users";
const KEYS: &str = "keys";
const AUDIT: &str = "audit";
const USAGE: &str = "usage";

/// The use of a key is noted when the last note is as old as this.
const USE_NOTED_EVERY_MS: i64 = 60_000;

/// Which of many: so many, in their order, after one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<'a> {
    /// The name of the last one before.
    pub after: Option<&'a str>,
    /// The most.
    pub limit: u16,
}

impl Store {
    /// An organisation.
    pub async fn organisation(&self, name: &Tenant) -> Result<Option<Organisation>, StoreError> {
        self.mongo.find_account(ORGANISATIONS, doc! { "_id": name.as_str() }).await
    }

    /// Organisations, by name.
    pub async fn organisations(&self, page: Page<'_>) -> Result<Vec<Organisation>, StoreError> {
        let prefix = |after: &str| after.to_owned();
        self.mongo.list_accounts(ORGANISATIONS, Document::new(), page, prefix).await
    }

    /// A user.
    pub async fn user(
        &self,
        organisation: &Tenant,
        name: &UserName,
    ) -> Result<Option<User>, StoreError> {
        self.mongo.find_account(USERS, doc! { "_id": User::id_of(organisation, name) }).await
    }

    /// Users of an organisation, by name.
    pub async fn users(
        &self,
        organisation: &Tenant,
        page: Page<'_>,
    ) -> Result<Vec<User>, StoreError> {
        let theirs = doc! { "organisation": organisation.as_str() };
        let id = |after: &str| format!("{organisation}/{after}");
        self.mongo.list_accounts(USERS, theirs, page, id).await
    }

    /// A key of a user.
    pub async fn key(
        &self,
        organisation: &Tenant,
        user: &UserName,
        id: &KeyId,
    ) -> Result<Option<Key>, StoreError> {
        let theirs = doc! { "_id": id.as_str(), "owner": User::id_of(organisation, user) };
        self.mongo.find_account(KEYS, theirs).await
    }

    /// Keys of a user.
    pub async fn keys(
        &self,
        organisation: &Tenant,
        user: &UserName,
        page: Page<'_>,
    ) -> Result<Vec<Key>, StoreError> {
        let theirs = doc! { "owner": User::id_of(organisation, user) };
        self.mongo.list_accounts(KEYS, theirs, page, str::to_owned).await
    }

    /// What is stored under the name of a key that somebody presents, with whom it belongs to. One
    /// question, whatever was presented.
    pub async fn holder(&self, presented: &Presented) -> Result<Option<Holder>, StoreError> {
        let joined = |from: &str, local: &str, name: &str| {
            [
                doc! { "$lookup": {
                    "from": from, "localField": local, "foreignField": "_id", "as": name,
                } },
                doc! { "$unwind": format!("${name}") },
            ]
        };
        let [users, user] = joined(USERS, "key.owner", "user");
        let [organisations, organisation] =
            joined(ORGANISATIONS, "key.organisation", "organisation");
        let stages = [
            doc! { "$match": { "_id": presented.id().as_str() } },
            doc! { "$project": { "key": "$$ROOT" } },
            users,
            user,
            organisations,
            organisation,
        ];
        let keys = self.mongo.accounts(KEYS);
        let found = async {
            let found = keys.aggregate(stages).with_type::<Holder>().await?;
            found.try_collect::<Vec<Holder>>().await
        };
        Ok(self.mongo.bounded(found).await?.pop())
    }

    /// Notes that a key is in use, unless that was noted a moment ago.
    pub async fn note_use(&self, key: &Key, now: DateTime) -> Result<(), StoreError> {
        let noted_before =
            DateTime::from_millis(now.timestamp_millis().saturating_sub(USE_NOTED_EVERY_MS));
        if key.last_used_at.is_some_and(|noted| noted > noted_before) {
            return Ok(());
        }
        let due = doc! {
            "_id": key.id.as_str(),
            "$or": [
                { "lastUsedAt": { "$exists": false } },
                { "lastUsedAt": { "$lte": noted_before } },
            ],
        };
        let note = doc! { "$set": { "lastUsedAt": now } };
        self.mongo.bounded(self.mongo.accounts(KEYS).update_one(due, note)).await?;
        Ok(())
    }

    /// The audit log, the latest first, of one organisation or of all; with the name of each entry, to
    /// go on after it.
    pub async fn audit(
        &self,
        organisation: Option<&Tenant>,
        page: Page<'_>,
    ) -> Result<Vec<(String, Entry)>, StoreError> {
        let mut filter = Document::new();
        if let Some(organisation) = organisation {
            filter.insert("organisation", organisation.as_str());
        }
        if let Some(after) = page.after {
            filter.insert("_id", doc! { "$lt": after });
        }
        let log = self.mongo.accounts(AUDIT).clone_with_type::<Logged>();
        let found = async {
            let find = log.find(filter).sort(doc! { "_id": -1 }).limit(page.limit.into());
            find.await?.map_ok(|logged| (logged.id, logged.entry)).try_collect().await
        };
        self.mongo.bounded(found).await
    }
}

#[derive(serde::Deserialize)]
struct Logged {
    #[serde(rename = "_id")]
    id: String,
    #[serde(flatten)]
    entry: Entry,
}

impl Mongo {
    fn accounts(&self, collection: &str) -> Collection<Document> {
        self.database.collection(collection)
    }

    async fn find_account<T: DeserializeOwned + Send + Sync>(
        &self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<T>, StoreError> {
        let found = self.accounts(collection).clone_with_type::<T>();
        self.bounded(found.find_one(filter)).await
    }

    /// Those of a collection that match, in the order of their ids.
    async fn list_accounts<T: DeserializeOwned + Send + Sync>(
        &self,
        collection: &str,
        mut filter: Document,
        page: Page<'_>,
        id: impl Fn(&str) -> String,
    ) -> Result<Vec<T>, StoreError> {
        if let Some(after) = page.after {
            filter.insert("_id", doc! { "$gt": id(after) });
        }
        let found = self.accounts(collection).clone_with_type::<T>();
        let listed = async {
            let find = found.find(filter).sort(doc! { "_id": 1 }).limit(page.limit.into());
            find.await?.try_collect().await
        };
        self.bounded(listed).await
    }
}
