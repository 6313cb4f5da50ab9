//! Changes of accounts, each with its entry in the audit log.

use std::time::Duration;

use bson::{Document, doc};
use mongodb::ClientSession;
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{ReadConcern, ReturnDocument};
use serde::Serialize;

use super::{AUDIT, KEYS, ORGANISATIONS, USERS};
use crate::accounts::audit::Entry;
use crate::accounts::key::KeyId;
use crate::accounts::{Key, Organisation, User};
use crate::placement::{Tenant, UserName};
use crate::store::mongo::Mongo;
use crate::store::{Store, StoreError, is_duplicate};

/// Tries of a transaction, whose first ones met others' or an election; each waits longer for the next.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// A change of one account.
#[derive(Debug, Clone)]
pub struct Change {
    collection: &'static str,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Insert(Document),
    Update { filter: Document, update: Document },
    Delete(Document),
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It was made.
    Now,
    /// It was not: another has the name already.
    Taken,
    /// It was not: there is nothing like that, or another change came first.
    Missing,
}

impl Change {
    /// Makes an organisation.
    pub fn new_organisation(organisation: &Organisation) -> Result<Self, StoreError> {
        Self::insert(ORGANISATIONS, organisation.name.as_str(), organisation)
    }

    /// Makes a user.
    pub fn new_user(user: &User) -> Result<Self, StoreError> {
        Self::insert(USERS, &User::id_of(&user.organisation, &user.name), user)
    }

    /// Makes a key.
    pub fn new_key(key: &Key) -> Result<Self, StoreError> {
        let mut change = Self::insert(KEYS, key.id.as_str(), key)?;
        if let What::Insert(document) = &mut change.what {
            document.insert("owner", User::id_of(&key.organisation, &key.user));
        }
        Ok(change)
    }

    /// Gives an organisation its present policy and state, if nobody has changed it since it was read.
    pub fn of_organisation(organisation: &Organisation) -> Result<Self, StoreError> {
        let Organisation { name, policy, disabled, version, .. } = organisation;
        Self::update(ORGANISATIONS, name.as_str(), policy, *disabled, *version)
    }

    /// Gives a user their present policy and state, if nobody has changed them since they were read.
    pub fn of_user(user: &User) -> Result<Self, StoreError> {
        let User { organisation, name, policy, disabled, version, .. } = user;
        Self::update(USERS, &User::id_of(organisation, name), policy, *disabled, *version)
    }

    /// Revokes a key that was not.
    pub fn revoke(organisation: &Tenant, user: &UserName, id: &KeyId) -> Self {
        let filter = doc! {
            "_id": id.as_str(),
            "owner": User::id_of(organisation, user),
            "revokedAt": { "$exists": false },
        };
        let update = doc! { "$set": { "revokedAt": bson::DateTime::now() } };
        Self { collection: KEYS, what: What::Update { filter, update } }
    }

    /// Removes a user; their keys and submissions must be gone.
    pub fn remove_user(organisation: &Tenant, user: &UserName) -> Self {
        let filter = doc! { "_id": User::id_of(organisation, user) };
        Self { collection: USERS, what: What::Delete(filter) }
    }

    /// Removes an organisation; its users and all that was theirs must be gone.
    pub fn remove_organisation(organisation: &Tenant) -> Self {
        let filter = doc! { "_id": organisation.as_str() };
        Self { collection: ORGANISATIONS, what: What::Delete(filter) }
    }

    fn insert(
        collection: &'static str,
        id: &str,
        account: &impl Serialize,
    ) -> Result<Self, StoreError> {
        let mut document = doc! { "_id": id };
        document.extend(bson::serialize_to_document(account).map_err(Error::from)?);
        Ok(Self { collection, what: What::Insert(document) })
    }

    fn update(
        collection: &'static str,
        id: &str,
        policy: &impl Serialize,
        disabled: bool,
        version: i64,
    ) -> Result<Self, StoreError> {
        let policy = bson::serialize_to_document(policy).map_err(Error::from)?;
        let filter = doc! { "_id": id, "version": version };
        let update = doc! {
            "$set": { "policy": policy, "disabled": disabled },
            "$inc": { "version": 1_i64 },
        };
        Ok(Self { collection, what: What::Update { filter, update } })
    }
}

impl Store {
    /// Makes a change and writes it down, or neither.
    pub async fn change(&self, change: &Change, entry: &Entry) -> Result<Changed, StoreError> {
        // In the order of time.
        let mut logged = doc! { "_id": uuid::Uuid::now_v7().to_string() };
        logged.extend(bson::serialize_to_document(entry).map_err(Error::from)?);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let changed = self.mongo.bounded(self.mongo.change_once(change, &logged)).await;
            match changed {
                Err(error) if attempts < ATTEMPTS && is_passing(&error) => {
                    tokio::time::sleep(PAUSE * attempts).await;
                }
                Err(error) if is_duplicate(&error) => return Ok(Changed::Taken),
                changed => return changed,
            }
        }
    }
}

impl Mongo {
    async fn change_once(&self, change: &Change, logged: &Document) -> Result<Changed, Error> {
        let mut session = self.begin().await?;
        if !self.apply(change, &mut session).await? {
            session.abort_transaction().await?;
            return Ok(Changed::Missing);
        }
        self.accounts(AUDIT).insert_one(logged).session(&mut session).await?;
        commit(&mut session).await?;
        Ok(Changed::Now)
    }

    /// A transaction that counts only if the majority has it.
    pub(super) async fn begin(&self) -> Result<ClientSession, Error> {
        let mut session = self.database.client().start_session().await?;
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .write_concern(self.majority())
            .await?;
        Ok(session)
    }

    async fn apply(&self, change: &Change, session: &mut ClientSession) -> Result<bool, Error> {
        let accounts = self.accounts(change.collection);
        Ok(match &change.what {
            What::Insert(document) => {
                accounts.insert_one(document).session(session).await?;
                true
            }
            What::Update { filter, update } => accounts
                .find_one_and_update(filter.clone(), update.clone())
                .return_document(ReturnDocument::After)
                .session(session)
                .await?
                .is_some(),
            What::Delete(filter) => {
                accounts.delete_one(filter.clone()).session(session).await?.deleted_count == 1
            }
        })
    }
}

/// Commits, and asks once more where nobody knows whether that was done.
pub(super) async fn commit(session: &mut ClientSession) -> Result<(), Error> {
    match session.commit_transaction().await {
        Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
            session.commit_transaction().await
        }
        committed => committed,
    }
}

/// Whether the whole transaction may do better next time.
pub(super) fn is_passing(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR))
}
