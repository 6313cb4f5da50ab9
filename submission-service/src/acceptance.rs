//! From requests to submissions that are stored and queued, one or many at once.

use std::collections::BTreeMap;
use std::time::Duration;

use bson::DateTime;
use futures_util::future::join_all;
use shared::accounts::Account;
use shared::placement::{Placement, PoolName, Tenant};
use shared::queue::{Admission, Wanted};
use shared::result_key;
use shared::store::{Inserted, Waiting};
use shared::submission::{Idempotency, NewSubmission, SubmissionId};
use tracing::Instrument;

use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::parallel;
use crate::quotas::Quotas;
use crate::request::{SubmitRequest, Wish};

/// A submission that was taken in, and is never lost from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) id: SubmissionId,
    /// It was taken in before, by a request with the same key.
    pub(crate) is_replay: bool,
}

/// Checks a request, and makes of it what can be stored.
pub(crate) async fn prepare(
    app: &App,
    caller: &Caller,
    request: SubmitRequest,
    idempotency: Option<Idempotency>,
) -> Result<NewSubmission, ApiError> {
    let language = app.catalogue.find(request.lang()).await?;
    caller.allowed.check_language(&language.name)?;
    let wish = request.parse(&language, &caller.allowed)?;
    let pool = caller.allowed.pool(wish.pool.clone())?;
    app.catalogue.check_pool(&pool, &language.name).await?;
    let (tenant, account) = (caller.tenant(), caller.account());
    let result_key = known_by(app, &tenant, account.as_ref(), &wish);
    Ok(NewSubmission {
        id: SubmissionId::new(),
        program: wish.program,
        placement: Placement {
            tenant,
            pool,
            priority: caller.allowed.priority(wish.priority)?,
            parallel: caller.parallel(wish.slot.as_deref()),
            slot: wish.slot,
            result_key,
        },
        idempotency,
        queue_deadline: deadline(wish.queue_ttl.or(app.http.queue_ttl()), DateTime::now()),
        account,
    })
}

/// Stores and queues a submission.
pub(crate) async fn take_in(
    app: &App,
    quotas: &Quotas,
    new: NewSubmission,
) -> Result<Accepted, ApiError> {
    take_in_all(app, quotas, vec![Ok(new)]).await.pop().unwrap_or(Err(ApiError::Internal))
}

/// Stores and queues those that could be prepared; what became of each, in their order. Whoever stops
/// waiting for that does not stop it half way.
pub(crate) async fn take_in_all(
    app: &App,
    quotas: &Quotas,
    prepared: Vec<Result<NewSubmission, ApiError>>,
) -> Vec<Result<Accepted, ApiError>> {
    let (count, owned, quotas) = (prepared.len(), app.clone(), quotas.clone());
    let taking = async move { take_in_whole(&owned, &quotas, prepared).await };
    let taken = app.tasks.spawn(taking.in_current_span()).await;
    taken.unwrap_or_else(|_| vec![Err(ApiError::Internal); count])
}

async fn take_in_whole(
    app: &App,
    quotas: &Quotas,
    mut prepared: Vec<Result<NewSubmission, ApiError>>,
) -> Vec<Result<Accepted, ApiError>> {
    let refused = refused_pools(app, prepared.iter().flatten()).await;
    if let Err(error) = parallel::put_in_order(&app.store, &mut prepared).await {
        return refuse(prepared, &ApiError::from(error));
    }
    let has_room = |new: &&NewSubmission| !refused.contains_key(&new.placement.pool);
    let taken = match quotas.take(app, prepared.iter().flatten().filter(has_room).count()).await {
        Ok(taken) => taken,
        Err(error) => return refuse(prepared, &error),
    };
    // The store gathers what comes at once into one write.
    let results = join_all(prepared.into_iter().map(async |new| {
        let new = new?;
        match refused.get(&new.placement.pool) {
            Some(error) => Err(error.clone()),
            None => store(app, new).await,
        }
    }))
    .await;
    enqueue(app, &results).await;
    taken.keep(app, results.iter().flatten().filter(is_new).count()).await;
    results.into_iter().map(|result| result.and_then(accepted)).collect()
}

/// The same answer for all that could be prepared.
fn refuse(
    prepared: Vec<Result<NewSubmission, ApiError>>,
    error: &ApiError,
) -> Vec<Result<Accepted, ApiError>> {
    prepared.into_iter().map(|new| new.and_then(|_| Err(error.clone()))).collect()
}

/// The pools that have no room for what is to wait in them, each with the reason.
async fn refused_pools(
    app: &App,
    submissions: impl Iterator<Item = &NewSubmission>,
) -> BTreeMap<PoolName, ApiError> {
    let mut wanted: BTreeMap<PoolName, Wanted> = BTreeMap::new();
    for NewSubmission { placement: Placement { pool, tenant, .. }, .. } in submissions {
        let none = || Wanted { pool: pool.clone(), tenant: tenant.clone(), count: 0 };
        wanted.entry(pool.clone()).or_insert_with(none).count += 1;
    }
    let mut refused = BTreeMap::new();
    for (pool, wanted) in wanted {
        let error = match app.entrance.admit(wanted).await {
            Admission::Open => continue,
            Admission::PoolFull => ApiError::QueueFull,
            Admission::TenantFull => ApiError::TenantQueueFull,
        };
        refused.insert(pool, error);
    }
    refused
}

/// What became of a submission in the store.
struct Stored {
    new: NewSubmission,
    inserted: Inserted,
    /// Its result was known.
    has_ended: bool,
}

/// Stores a submission, and ends what it supersedes. What few need is boxed: a batch has many of these.
async fn store(app: &App, new: NewSubmission) -> Result<Stored, ApiError> {
    let known = match &new.placement.result_key {
        Some(key) => Box::pin(app.store.result(key)).await?,
        None => None,
    };
    let has_ended = known.is_some();
    let inserted = match known {
        Some(outcome) => Box::pin(app.store.insert_completed(&new, &outcome.given_again())).await?,
        None => {
            parallel::reserve(app, &new).await?;
            let inserted = app.store.insert(&new).await;
            if !matches!(inserted, Ok(Inserted::New)) {
                parallel::give_back(app, &new).await;
            }
            inserted?
        }
    };
    if inserted == Inserted::New {
        parallel::supersede(app, &new, has_ended).await;
    }
    Ok(Stored { new, inserted, has_ended })
}

/// The name of the result, where an earlier one will do. Where no worker has said what its language
/// is like, there is none.
fn known_by(app: &App, tenant: &Tenant, account: Option<&Account>, wish: &Wish) -> Option<String> {
    let program = &wish.program;
    let may_be_known = wish.cache && app.store.keeps_results();
    let environment = may_be_known.then(|| app.catalogue.environment(&program.lang))??;
    let allowance = account.map(|account| account.allowance.clone()).unwrap_or_default();
    result_key::of(tenant, &environment, &allowance, program)
}

fn is_new(stored: &&Stored) -> bool {
    stored.inserted == Inserted::New
}

/// Queues what is new.
async fn enqueue(app: &App, results: &[Result<Stored, ApiError>]) {
    let new = || results.iter().flatten().filter(is_new);
    let waiting: Vec<Waiting> =
        new().filter(|it| !it.has_ended).map(|it| parallel::waiting(&it.new)).collect();
    app.entrance.enqueue(waiting).await;
    for Stored { new: NewSubmission { id, program, .. }, has_ended, .. } in new() {
        app.metrics.count_accepted(&program.lang);
        let lang = &program.lang;
        tracing::info!(submission.id = %id, lang, cached = has_ended, "submission accepted");
    }
}

fn accepted(Stored { new, inserted, .. }: Stored) -> Result<Accepted, ApiError> {
    match inserted {
        Inserted::New => Ok(Accepted { id: new.id, is_replay: false }),
        Inserted::Repeated(id) => Ok(Accepted { id, is_replay: true }),
        Inserted::Conflicting => Err(ApiError::IdempotencyConflict),
    }
}

/// When something that may wait for so long has waited for too long.
pub(crate) fn deadline(ttl: Option<Duration>, now: DateTime) -> Option<DateTime> {
    let ttl_ms = i64::try_from(ttl?.as_millis()).ok()?;
    Some(DateTime::from_millis(now.timestamp_millis().saturating_add(ttl_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_wait_for_ever_has_no_deadline() {
        let now = DateTime::from_millis(1_000);
        let second = Some(Duration::from_secs(1));
        assert_eq!(deadline(second, now), Some(DateTime::from_millis(2_000)));
        assert_eq!(deadline(None, now), None);
    }
}
