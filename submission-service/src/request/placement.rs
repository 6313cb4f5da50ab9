//! Where a submission is to wait, and for how long at most.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::placement::{PoolName, Priority};
use utoipa::ToSchema;

use super::refuse;
use crate::error::ApiError;

/// The longest time in the queue that can be asked for, in milliseconds: thirty days, after which
/// nobody waits for an answer.
const MAX_QUEUE_TTL_MS: u64 = 30 * 24 * 3600 * 1000;

/// The longest name of a slot, in bytes.
const MAX_SLOT_BYTES: usize = 64;

/// How urgent a submission is, beside the others of its pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PriorityBody {
    /// Before the others.
    High,
    /// Like most.
    Normal,
    /// After the others, but never not at all.
    Low,
}

impl From<PriorityBody> for Priority {
    fn from(priority: PriorityBody) -> Self {
        match priority {
            PriorityBody::High => Self::High,
            PriorityBody::Normal => Self::Normal,
            PriorityBody::Low => Self::Low,
        }
    }
}

impl From<Priority> for PriorityBody {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::High => Self::High,
            Priority::Normal => Self::Normal,
            Priority::Low => Self::Low,
        }
    }
}

/// The pool of this name, where one is named.
pub(super) fn parse_pool(name: Option<String>) -> Result<Option<PoolName>, ApiError> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    PoolName::try_from(name).map(Some).or_else(|error| refuse(format!("`pool`: {error}")))
}

/// The slot of this name, if one is named.
pub(super) fn parse_slot(name: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    let known =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    match name.len() <= MAX_SLOT_BYTES && name.bytes().all(known) {
        true => Ok(Some(name)),
        false => refuse(format!(
            "`slot`: a name is 1 to {MAX_SLOT_BYTES} letters, digits, `.`, `-`, `_` and `:`"
        )),
    }
}

/// How long a submission may wait, where it says.
pub(super) fn parse_queue_ttl(ms: Option<u64>) -> Result<Option<Duration>, ApiError> {
    match ms {
        None => Ok(None),
        Some(ms @ 1..=MAX_QUEUE_TTL_MS) => Ok(Some(Duration::from_millis(ms))),
        Some(_) => refuse(format!("`queueTtlMs` must be between 1 and {MAX_QUEUE_TTL_MS}")),
    }
}
