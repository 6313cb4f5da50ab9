//! From requests to submissions that are stored and queued, one or many at once.

use std::collections::BTreeMap;
use std::time::Duration;

use bson::DateTime;
use futures_util::future::join_all;
use shared::placement::{Placement, PoolName};
use shared::queue::{Admission, QueueError};
use shared::store::{Inserted, Waiting};
use shared::submission::{Idempotency, NewSubmission, SubmissionId};

use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::request::SubmitRequest;

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
    let wish = request.parse(&language, &app.ceilings)?;
    app.catalogue.check_pool(&wish.pool, &language.name).await?;
    Ok(NewSubmission {
        id: SubmissionId::new(),
        program: wish.program,
        placement: Placement {
            tenant: caller.tenant(),
            pool: wish.pool,
            priority: wish.priority,
            ..Placement::default()
        },
        idempotency,
        queue_deadline: deadline(wish.queue_ttl.or(app.http.queue_ttl()), DateTime::now()),
    })
}

/// Stores and queues a submission.
pub(crate) async fn take_in(app: &App, new: NewSubmission) -> Result<Accepted, ApiError> {
    take_in_all(app, vec![Ok(new)]).await.pop().unwrap_or(Err(ApiError::Internal))
}

/// Stores and queues those that could be prepared; what became of each, in their order.
pub(crate) async fn take_in_all(
    app: &App,
    prepared: Vec<Result<NewSubmission, ApiError>>,
) -> Vec<Result<Accepted, ApiError>> {
    let refused = refused_pools(app, prepared.iter().flatten()).await;
    // The store gathers what comes at once into one write.
    let results = join_all(prepared.into_iter().map(async |new| {
        let new = new?;
        if let Some(error) = refused.get(&new.placement.pool) {
            return Err(error.clone());
        }
        let inserted = app.store.insert(&new).await?;
        Ok((new, inserted))
    }))
    .await;
    enqueue(app, &results).await;
    results.into_iter().map(|result| result.and_then(accepted)).collect()
}

/// The pools that have no room for what is to wait in them, each with the reason.
async fn refused_pools(
    app: &App,
    submissions: impl Iterator<Item = &NewSubmission>,
) -> BTreeMap<PoolName, ApiError> {
    let mut wanted: BTreeMap<PoolName, (Placement, usize)> = BTreeMap::new();
    for new in submissions {
        let placement = || (new.placement.clone(), 0);
        wanted.entry(new.placement.pool.clone()).or_insert_with(placement).1 += 1;
    }
    let mut refused = BTreeMap::new();
    for (pool, (placement, count)) in wanted {
        let error = match app.queue.admit(&placement, count).await {
            Ok(Admission::Open) => continue,
            Ok(Admission::PoolFull) => ApiError::QueueFull,
            Ok(Admission::TenantFull) => ApiError::TenantQueueFull,
            // Without the queue, nobody knows; what is stored will be found.
            Err(error) => {
                note_queue_failure(&error);
                continue;
            }
        };
        refused.insert(pool, error);
    }
    refused
}

type Stored = Result<(NewSubmission, Inserted), ApiError>;

/// Queues what is new. Whatever happens to the queue now, the reconciler finds the submissions in
/// the store.
async fn enqueue(app: &App, results: &[Stored]) {
    let is_new = |stored: &&(NewSubmission, Inserted)| matches!(stored.1, Inserted::New);
    let new = || results.iter().flatten().filter(is_new).map(|(new, _)| new);
    let waiting: Vec<Waiting> = new()
        .map(|new| Waiting {
            id: new.id,
            lang: new.program.lang.clone(),
            placement: new.placement.clone(),
        })
        .collect();
    if waiting.is_empty() {
        return;
    }
    if let Err(error) = app.queue.enqueue(&waiting).await {
        note_queue_failure(&error);
    }
    for Waiting { id, lang, .. } in &waiting {
        app.metrics.count_accepted(lang);
        tracing::info!(submission.id = %id, lang, "submission accepted");
    }
}

fn accepted((new, inserted): (NewSubmission, Inserted)) -> Result<Accepted, ApiError> {
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

fn note_queue_failure(error: &QueueError) {
    tracing::warn!(error = ?error, "queue is away");
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
