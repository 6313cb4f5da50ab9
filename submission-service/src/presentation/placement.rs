//! What is shown of where a submission waits.

use serde::Serialize;
use shared::placement::Placement;
use utoipa::ToSchema;

use crate::request::PriorityBody;

/// Where a submission waits, or waited.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlacementBody {
    /// The pool whose workers it is for.
    #[schema(example = "default")]
    pool: String,
    /// How urgent it is, beside the others of its pool.
    priority: PriorityBody,
    /// The slot that it is in, if it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tab-1")]
    slot: Option<String>,
}

impl From<&Placement> for PlacementBody {
    fn from(placement: &Placement) -> Self {
        Self {
            pool: placement.pool.to_string(),
            priority: placement.priority.into(),
            slot: placement.slot.clone(),
        }
    }
}
