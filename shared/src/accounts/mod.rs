//! Accounts: organisations, their users, and the keys by which these are known.
//!
//! An organisation's name is the [`Tenant`] of everything that its users submit, so that what holds
//! between tenants (turns, who may read what) holds between organisations. What an organisation and
//! a user may use is their [`Policy`]; [`policy::effective`] says what comes of both. All of it is in
//! the store ([`Store`](crate::store::Store)) and read anew for each request: a change holds for the
//! next one, on every API.

pub mod audit;
pub mod key;
pub mod policy;
pub mod usage;

use std::collections::BTreeSet;

use bson::DateTime;
use serde::{Deserialize, Serialize};

use crate::placement::{Tenant, UserName};
use key::{KeyHash, KeyId};
pub use policy::{Account, Allowance, Policy};

/// Whoever runs programs here: a company, a course, a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organisation {
    /// Its name, which never changes.
    pub name: Tenant,
    /// What it may use.
    #[serde(default)]
    pub policy: Policy,
    /// Whether its keys are refused.
    #[serde(default)]
    pub disabled: bool,
    /// When it was made.
    pub created_at: DateTime,
    /// Raised by every change, so that of two changes at once none is lost.
    #[serde(default)]
    pub version: i64,
}

/// Somebody, or something, of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Whose user.
    pub organisation: Tenant,
    /// The name, unique in the organisation.
    pub name: UserName,
    /// What they may use, where it is not as the organisation has it.
    #[serde(default)]
    pub policy: Policy,
    /// Whether their keys are refused.
    #[serde(default)]
    pub disabled: bool,
    /// When they were made.
    pub created_at: DateTime,
    /// Raised by every change.
    #[serde(default)]
    pub version: i64,
}

/// What the holder of a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Submit and cancel.
    Submit,
    /// Read results and usage.
    Read,
    /// Manage the users and keys of their own organisation.
    Admin,
}

impl Scope {
    /// The word for it in the API and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// A key, as it is stored: nobody can be made to tell what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The part of it that is no secret.
    pub id: KeyId,
    /// Whose.
    pub organisation: Tenant,
    /// Whose of these.
    pub user: UserName,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it is compared with.
    pub hash: KeyHash,
    /// What its holder may do.
    pub scopes: BTreeSet<Scope>,
    /// The most requests that may come with it within a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// When it was made.
    pub created_at: DateTime,
    /// From when on it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime>,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime>,
}

/// A key with whom it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// The key.
    pub key: Key,
    /// Its user.
    pub user: User,
    /// Its organisation.
    pub organisation: Organisation,
}

impl User {
    /// The one name of a user among those of all organisations.
    pub fn id_of(organisation: &Tenant, name: &UserName) -> String {
        // No name has a `/`.
        format!("{organisation}/{name}")
    }
}
