//! Which of a user's submissions are unfinished, and which of them a new one supersedes.
//!
//! Whoever has stored a new submission asks what is superseded, and ends it. That is exact however
//! many do so at once, over however many APIs:
//!
//! - A read is of one moment (a snapshot of what the majority has), and has everything that was
//!   acknowledged before it began, so the asker's own submission at least.
//! - Which ones are superseded follows from that moment alone: all but the latest by their ids, which
//!   never change. So nothing is ended that had not so many later ones beside it.
//! - Of some that come in at once, that whose insert was acknowledged last is asked for after all of
//!   them are there. So what is superseded by any of them is found by one at least; found twice, it is
//!   ended once.
//!
//! Ids are in the order in which submissions came in, even where two APIs' clocks differ: a new one is
//! given one later than [`Store::latest_of_user`].

use bson::doc;
use futures_util::TryStreamExt;
use mongodb::options::ReadConcern;

use super::withdrawals::Found;
use super::{Store, StoreError};
use crate::placement::Placement;
use crate::submission::{State, SubmissionId};

/// The most that are told at once; who supersedes more asks again.
const MAX_TOLD: i64 = 1000;

impl Store {
    /// The latest of the unfinished submissions of whoever would have one in this place.
    pub async fn latest_of_user(
        &self,
        placement: &Placement,
    ) -> Result<Option<SubmissionId>, StoreError> {
        Ok(self.unfinished_ids(placement, None, 0, 1).await?.first().copied())
    }

    /// The unfinished submissions of whoever would have one in this place, without the latest so
    /// many of them; the latest first.
    pub async fn of_user_beyond(
        &self,
        placement: &Placement,
        latest: u32,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        self.unfinished_ids(placement, None, latest.into(), MAX_TOLD).await
    }

    /// The same of those in this place's slot.
    pub async fn in_slot_beyond(
        &self,
        placement: &Placement,
        latest: u32,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let Some(slot) = placement.slot.as_deref() else { return Ok(Vec::new()) };
        self.unfinished_ids(placement, Some(slot), latest.into(), MAX_TOLD).await
    }

    /// What the same user has, in one slot or in any, that neither has ended nor is about to; the
    /// latest first. Nothing where nobody says who that is.
    async fn unfinished_ids(
        &self,
        placement: &Placement,
        slot: Option<&str>,
        skipped: u64,
        limit: i64,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let Some(parallel) = &placement.parallel else { return Ok(Vec::new()) };
        let mut filter = doc! {
            "placement.tenant": placement.tenant.as_str(),
            "placement.parallel.user": &parallel.user,
        };
        if let Some(slot) = slot {
            filter.insert("placement.slot", slot);
        }
        let unfinished = [State::Queued, State::Running].map(State::as_str);
        filter.insert("state", doc! { "$in": unfinished.to_vec() });
        filter.insert("cancelRequestedAt", doc! { "$exists": false });
        let find = self.mongo.submissions.clone_with_type::<Found>();
        let found = async {
            let found = find
                .find(filter)
                .projection(doc! { "_id": 1 })
                .sort(doc! { "_id": -1 })
                .skip(skipped)
                .limit(limit)
                .read_concern(ReadConcern::snapshot())
                .await?;
            found.map_ok(|found| found.submission_id()).try_collect().await
        };
        self.mongo.bounded(found).await
    }
}
