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
}

impl From<&Placement> for PlacementBody {
    fn from(placement: &Placement) -> Self {
        Self { pool: placement.pool.to_string(), priority: placement.priority.into() }
    }
}
