//! How submissions stand, without what they are: for whoever waits for many.

use bson::{Uuid, doc};
use futures_util::TryStreamExt;

use super::{Store, StoreError, by_ids};
use crate::placement::{Placement, Tenant};
use crate::submission::{State, SubmissionId};

/// How a submission stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The submission.
    pub id: SubmissionId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Its state.
    pub state: State,
}

#[derive(Debug, serde::Deserialize)]
struct Stored {
    #[serde(rename = "_id")]
    id: Uuid,
    #[serde(default)]
    placement: Placement,
    state: State,
}

impl From<Stored> for Standing {
    fn from(Stored { id, placement, state }: Stored) -> Self {
        Self { id: id.to_uuid_1().into(), tenant: placement.tenant, state }
    }
}

impl Store {
    /// How these stand, of those that there are, in no order. Small, however large they are.
    pub async fn standings(&self, ids: &[SubmissionId]) -> Result<Vec<Standing>, StoreError> {
        let needed = doc! { "_id": 1, "placement": 1, "state": 1 };
        let stored = self.mongo.submissions.clone_with_type::<Stored>();
        let found = async {
            let found = stored.find(by_ids(ids)).projection(needed).await?;
            found.map_ok(Standing::from).try_collect().await
        };
        self.mongo.bounded(found).await
    }
}
