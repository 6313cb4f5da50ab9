//! Where a submission waits: whose it is, in which pool, and how urgent it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name of a tenant or a pool, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The name of whoever does not say otherwise.
const DEFAULT: &str = "default";

/// Text that names no tenant and no pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 letters, digits, `.`, `-` and `_`")]
pub struct InvalidName;

/// The only check there is: names become parts of keys, of settings and of metrics.
fn check(name: &str) -> Result<(), InvalidName> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    match (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(known) {
        true => Ok(()),
        false => Err(InvalidName),
    }
}

macro_rules! name {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self(DEFAULT.to_owned())
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(name: &str) -> Result<Self, InvalidName> {
                check(name).map(|()| Self(name.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(name: String) -> Result<Self, InvalidName> {
                check(&name).map(|()| Self(name))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Whose a submission is. Tenants share the workers fairly, and none sees another's.
    Tenant
}

name! {
    /// Who of a tenant submits.
    UserName
}

name! {
    /// The workers that a submission is for: those that serve the pool of this name.
    PoolName
}

/// How urgent a submission is, beside the others of its pool.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Priority {
    /// Before the others.
    High,
    /// Like most.
    #[default]
    Normal,
    /// After the others, but never not at all.
    Low,
}

impl Priority {
    /// All there are, the most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The word for it in the API, the store and the queue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    /// What a word means.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == word)
    }
}

/// What happens to a submission whose user has as many running as they may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OverParallel {
    /// It waits until one of them has ended.
    #[default]
    Queue,
    /// It is refused.
    Reject,
    /// The oldest of them is cancelled for it.
    CancelOldest,
}

impl OverParallel {
    /// All there are.
    const ALL: [Self; 3] = [Self::Queue, Self::Reject, Self::CancelOldest];

    /// The word for it in settings, the store and the queue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Reject => "reject",
            Self::CancelOldest => "cancelOldest",
        }
    }

    /// What a word means.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|over| over.as_str() == word)
    }
}

/// Text that is none of the policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `queue`, `reject` or `cancelOldest`")]
pub struct UnknownPolicy;

impl FromStr for OverParallel {
    type Err = UnknownPolicy;

    fn from_str(word: &str) -> Result<Self, UnknownPolicy> {
        Self::from_word(word).ok_or(UnknownPolicy)
    }
}

/// How many submissions of a user may run at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parallel {
    /// Whose they are: a user of the tenant, by a name like a tenant's.
    pub user: String,
    /// The most of them; 0: any number.
    pub max: u32,
    /// What happens to one more.
    #[serde(default)]
    pub over: OverParallel,
}

/// Where a submission waits, beside its language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// Whose it is.
    #[serde(default)]
    pub tenant: Tenant,
    /// Whose workers it is for.
    #[serde(default)]
    pub pool: PoolName,
    /// Its rank in there.
    #[serde(default)]
    pub priority: Priority,
    /// How many of its user's may run beside it; none: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<Parallel>,
    /// What the client has only one of at a time, such as a browser tab: a new submission in it
    /// cancels the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// Names its result, where one that is known, or under way, will do: a digest of everything
    /// that can change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_stored_before_there_were_users_runs_beside_any_number() {
        let old = json!({ "tenant": "acme", "pool": "default", "priority": "low" });
        let placement: Placement = serde_json::from_value(old.clone()).unwrap();
        assert_eq!((&placement.parallel, &placement.slot), (&None, &None));
        assert_eq!(serde_json::to_value(&placement).unwrap(), old, "and is stored as before");

        let parallel = json!({ "user": "ann", "max": 2, "over": "cancelOldest" });
        let parallel: Parallel = serde_json::from_value(parallel).unwrap();
        assert_eq!((parallel.max, parallel.over), (2, OverParallel::CancelOldest));
    }

    #[rstest]
    #[case("default", true)]
    #[case("acme.com_42-x", true)]
    #[case(&"a".repeat(64), true)]
    #[case(&"a".repeat(65), false)]
    #[case("", false)]
    #[case("a b", false)]
    #[case("a:b", false)]
    #[case("ä", false)]
    #[case("a\n", false)]
    fn names_are_short_and_plain(#[case] name: &str, #[case] taken: bool) {
        assert_eq!(name.parse::<Tenant>().is_ok(), taken);
        assert_eq!(PoolName::try_from(name.to_owned()).is_ok(), taken);
    }
}
