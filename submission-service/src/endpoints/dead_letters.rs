//! `/api/admin/dead-letters`: the submissions that no worker survived, for whoever runs Airlock.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::outcome::FailureReason;
use shared::queue::DeadLetter;
use shared::submission::{NewSubmission, Submission, SubmissionId};
use utoipa::{IntoParams, ToSchema};

use super::submit::{AcceptedBody, headers};
use crate::acceptance::{deadline, take_in};
use crate::admin::Superadmin;
use crate::app::App;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::{Id, Query};
use crate::idempotency::of_requeue;
use crate::presentation::rfc3339;
use crate::quotas::Quotas;
use crate::request::PriorityBody;

/// How many are listed at once where nothing else is asked for.
const DEFAULT_LIMIT: usize = 100;

/// The most that are listed at once.
const MAX_LIMIT: usize = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadLettersQuery {
    /// How many, at most 1000; 100, where it is left out.
    limit: Option<usize>,
    /// `next` of the answer before.
    after: Option<String>,
}

/// Submissions that were started as often as is tried, and never ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeadLettersBody {
    /// The latest first.
    dead_letters: Vec<DeadLetterBody>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeadLetterBody {
    #[schema(example = "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f")]
    code_submission_id: String,
    #[schema(example = "python")]
    lang: String,
    #[schema(example = "default")]
    tenant: String,
    #[schema(example = "default")]
    pool: String,
    priority: PriorityBody,
    /// What was seen of it.
    reason: String,
    /// When it was given up (RFC 3339).
    at: Option<String>,
}

impl From<DeadLetter> for DeadLetterBody {
    fn from(letter: DeadLetter) -> Self {
        Self {
            code_submission_id: letter.id.to_string(),
            lang: letter.lang,
            tenant: letter.placement.tenant.into(),
            pool: letter.placement.pool.into(),
            priority: letter.placement.priority.into(),
            reason: letter.reason,
            at: rfc3339(Some(letter.at)),
        }
    }
}

/// List the dead letters.
///
/// They are the submissions that were started three times and never ended: each has failed, with
/// the reason `poison`. The list is for people, and keeps the last 10,000.
#[utoipa::path(
    get,
    path = "/api/admin/dead-letters",
    tag = "operations",
    security(("token" = [])),
    params(DeadLettersQuery),
    responses(
        (status = 200, description = "The dead letters, the latest first", body = DeadLettersBody),
        (status = 400, description = "A wrong query", body = ErrorEnvelope),
        (status = 401, description = "Not the superadmin's token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "The settings have no token", body = ErrorEnvelope),
        (status = 503, description = "The queue is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn dead_letters(
    State(app): State<App>,
    _: Superadmin,
    Query(query): Query<DeadLettersQuery>,
) -> Result<Json<DeadLettersBody>, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::InvalidQuery(format!("`limit` is between 1 and {MAX_LIMIT}")));
    }
    let letters = app.queue.dead_letters(limit, query.after.as_deref()).await?;
    let next = letters.last().filter(|_| letters.len() == limit).map(|last| last.entry.clone());
    let dead_letters = letters.into_iter().map(DeadLetterBody::from).collect();
    Ok(Json(DeadLettersBody { dead_letters, next }))
}

/// Queue a dead letter again.
///
/// A final state never changes, so a new submission of the same program is made, once however often
/// this is asked for; the letter is taken off the list.
#[utoipa::path(
    post,
    path = "/api/admin/dead-letters/{id}/requeue",
    tag = "operations",
    security(("token" = [])),
    params(("id" = String, Path, description = "The dead letter's `codeSubmissionId`")),
    responses(
        (status = 201, description = "The new submission", body = AcceptedBody, headers(
            ("location" = String, description = "Where its result will be"),
            ("idempotent-replay" = String, description = "`true`, where it was queued again before"),
        )),
        (status = 400, description = "Not an id", body = ErrorEnvelope),
        (status = 401, description = "Not the superadmin's token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such dead letter, or the settings have no token", body = ErrorEnvelope),
        (status = 429, description = "Too many submissions that wait, or that are not finished", body = ErrorEnvelope),
        (status = 503, description = "Full, or the store or the queue is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn requeue(
    State(app): State<App>,
    _: Superadmin,
    Id(id): Id,
) -> Result<(StatusCode, HeaderMap, Json<AcceptedBody>), ApiError> {
    let letter = app.store.get(id).await?.filter(is_poison).ok_or(ApiError::UnknownDeadLetter)?;
    let new = NewSubmission {
        id: SubmissionId::new(),
        program: letter.program,
        placement: letter.placement,
        idempotency: Some(of_requeue(id)),
        account: letter.account,
        queue_deadline: deadline(app.http.queue_ttl(), DateTime::now()),
    };
    let accepted = take_in(&app, &Quotas::default(), new).await?;
    app.queue.exhume(id).await?;
    tracing::info!(submission.id = %id, requeued.id = %accepted.id, "dead letter queued again");
    Ok((StatusCode::CREATED, headers(accepted), Json(accepted.id.into())))
}

/// Whether it was started as often as is tried: the store has the truth, the list is for people.
fn is_poison(submission: &Submission) -> bool {
    let outcome = submission.outcome.as_ref();
    outcome.is_some_and(|outcome| outcome.reason == Some(FailureReason::Poison))
}
