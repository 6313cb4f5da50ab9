//! What admins change is written down, together with the change.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::key::KeyId;
use crate::placement::{Tenant, UserName};

/// Who has changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Actor {
    /// Whoever has the token of the settings.
    Superadmin,
    /// The holder of a key with the scope `admin`.
    #[serde(rename_all = "camelCase")]
    Key {
        /// Whose admin.
        organisation: Tenant,
        /// Which user.
        user: UserName,
        /// With which key.
        key: KeyId,
    },
}

/// What can be done to an account. Its text is the same in the API and the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// An organisation, a user or a key was made.
    Create,
    /// Its policy was changed, or it was disabled or enabled.
    Update,
    /// A key was revoked.
    Revoke,
    /// A user or an organisation was removed, with all keys and submissions.
    Delete,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When.
    pub at: DateTime,
    /// By whom.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// To which organisation, or to something of it.
    pub organisation: Tenant,
    /// To which user, or to something of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// To which key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// What was asked for, as it was sent; never a secret, for none is ever sent.
    pub change: String,
}
