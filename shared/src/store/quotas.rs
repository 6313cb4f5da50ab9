//! How much of something there may be, for an organisation as a whole and for each of its users.

use std::time::Duration;

use bson::{DateTime, Document, doc};

use super::{Store, StoreError, is_duplicate};
use crate::accounts::usage::day;
use crate::placement::{Tenant, UserName};
use crate::submission::State;

/// The collection of the days' counters.
pub(super) const DAYS: &str = "days";

/// A day's counter is of no use to anybody after that.
const KEPT: Duration = Duration::from_secs(3 * 24 * 3600);

/// Whose: all of an organisation, or one of its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose<'a> {
    /// The organisation.
    pub organisation: &'a Tenant,
    /// One of its users; `None`: all together.
    pub user: Option<&'a UserName>,
}

impl Whose<'_> {
    fn of_the_day(&self, now: DateTime) -> String {
        let Self { organisation, user } = self;
        format!("{}/{organisation}/{}", day(now), user.map_or("", UserName::as_str))
    }
}

impl Store {
    /// Takes `count` of the day's `most` submissions, all or none. `false`: there are not so many left.
    ///
    /// The counter is raised before the submissions are stored: whoever dies in between has used some
    /// of the day up for nothing, but nobody gets more than there is.
    pub async fn take_of_the_day(
        &self,
        whose: Whose<'_>,
        count: u64,
        most: u64,
    ) -> Result<bool, StoreError> {
        let Some(left) = most.checked_sub(count) else { return Ok(false) };
        let now = DateTime::now();
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let enough = doc! { "_id": whose.of_the_day(now), "taken": { "$lte": left } };
        let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        let over = DateTime::from_millis(now.timestamp_millis().saturating_add(kept));
        let take = doc! { "$inc": { "taken": count }, "$setOnInsert": { "expireAt": over } };
        // The first of a day makes the counter. Where it is there and has not enough left, making it
        // again is what fails.
        let days = self.days();
        match self.mongo.bounded(days.update_one(enough, take).upsert(true)).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives back what was taken for submissions that were not stored after all.
    pub async fn give_back_of_the_day(
        &self,
        whose: Whose<'_>,
        count: u64,
    ) -> Result<(), StoreError> {
        let counter = doc! { "_id": whose.of_the_day(DateTime::now()) };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let give_back = doc! { "$inc": { "taken": -count } };
        self.mongo.bounded(self.days().update_one(counter, give_back)).await?;
        Ok(())
    }

    /// How many submissions wait, counted up to `most`.
    pub async fn count_waiting(&self, whose: Whose<'_>, most: u64) -> Result<u64, StoreError> {
        let mut waiting = doc! {
            "placement.tenant": whose.organisation.as_str(),
            "account.user": { "$exists": true },
            "state": State::Queued.as_str(),
        };
        if let Some(user) = whose.user {
            waiting.insert("account.user", user.as_str());
        }
        let count = self.mongo.submissions.count_documents(waiting).limit(most.max(1));
        self.mongo.bounded(count).await
    }

    fn days(&self) -> mongodb::Collection<Document> {
        self.mongo.database.collection(DAYS)
    }
}
