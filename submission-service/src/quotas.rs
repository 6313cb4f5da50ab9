//! How many submissions may wait, and how many may come within a day, of an organisation and of each of
//! its users.

use bson::DateTime;
use shared::accounts::{Holder, Policy};
use shared::placement::{Tenant, UserName};
use shared::store::Whose;

use crate::app::App;
use crate::error::ApiError;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What a caller's account has of each; nothing, where there are no accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Quotas(Vec<Quota>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Quota {
    organisation: Tenant,
    /// One of its users; `None`: all together.
    user: Option<UserName>,
    max_queued: Option<u64>,
    per_day: Option<u64>,
}

impl Quota {
    fn whose(&self) -> Whose<'_> {
        Whose { organisation: &self.organisation, user: self.user.as_ref() }
    }

    fn name(&self) -> &'static str {
        if self.user.is_some() { "this user" } else { "this organisation" }
    }
}

/// What was taken of the day for submissions that are being stored.
#[derive(Debug)]
#[must_use = "what is not stored is given back"]
pub(crate) struct Taken<'a> {
    quotas: &'a [Quota],
    count: u64,
}

impl Quotas {
    /// Those of whoever holds a key.
    pub(crate) fn of(holder: &Holder) -> Self {
        let quota = |user: Option<&UserName>, policy: &Policy| Quota {
            organisation: holder.organisation.name.clone(),
            user: user.cloned(),
            max_queued: policy.max_queued,
            per_day: policy.executions_per_day,
        };
        let user = quota(Some(&holder.user.name), &holder.user.policy);
        let organisation = quota(None, &holder.organisation.policy);
        let is_one = |quota: &Quota| quota.max_queued.is_some() || quota.per_day.is_some();
        Self([user, organisation].into_iter().filter(is_one).collect())
    }

    /// Makes sure that there is room for `count` further submissions, and takes them of the day. Who
    /// asks at once may pass the bound of those that wait by what they bring, but never the day's.
    pub(crate) async fn take(&self, app: &App, count: usize) -> Result<Taken<'_>, ApiError> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let mut taken = Taken { quotas: &self.0[..0], count };
        if count == 0 {
            return Ok(taken);
        }
        for quota in &self.0 {
            if let Some(most) = quota.max_queued {
                let waiting = app.store.count_waiting(quota.whose(), most).await?;
                if waiting.saturating_add(count) > most {
                    return Err(ApiError::AccountQueueFull(quota.name()));
                }
            }
        }
        for (nth, quota) in self.0.iter().enumerate() {
            if let Some(most) = quota.per_day
                && !app.store.take_of_the_day(quota.whose(), count, most).await?
            {
                taken.give_back(app, taken.count).await;
                let (whose, now) = (quota.name(), DateTime::now());
                return Err(ApiError::DayUsedUp { whose, retry_after: until_tomorrow(now) });
            }
            taken.quotas = &self.0[..=nth];
        }
        Ok(taken)
    }
}

impl Taken<'_> {
    /// Gives so many of them back. If that fails, they have used the day up for nothing.
    pub(crate) async fn give_back(&self, app: &App, count: u64) {
        if count == 0 {
            return;
        }
        for quota in self.quotas.iter().filter(|quota| quota.per_day.is_some()) {
            if let Err(error) = app.store.give_back_of_the_day(quota.whose(), count).await {
                tracing::warn!(error = ?error, "submissions of the day not given back");
            }
        }
    }

    /// Gives back all but those that were stored.
    pub(crate) async fn keep(self, app: &App, stored: usize) {
        let stored = u64::try_from(stored).unwrap_or(u64::MAX);
        self.give_back(app, self.count.saturating_sub(stored)).await;
    }
}

/// Seconds until the next day begins (UTC).
fn until_tomorrow(now: DateTime) -> u64 {
    let left = DAY_MS - now.timestamp_millis().rem_euclid(DAY_MS);
    u64::try_from(left).unwrap_or(0).div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight() {
        assert_eq!(until_tomorrow(DateTime::from_millis(0)), 86_400);
        assert_eq!(until_tomorrow(DateTime::from_millis(DAY_MS - 1)), 1);
    }
}
