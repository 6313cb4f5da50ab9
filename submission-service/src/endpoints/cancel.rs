//! `DELETE /api/submissions/{id}`: withdraws a submission.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shared::store::Cancelling;
use shared::submission::SubmissionId;
use utoipa::{IntoParams, ToSchema};

use super::submit::location;
use crate::app::App;
use crate::caller::{Caller, Submitter};
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::{Id, Query};
use crate::presentation::ResultBody;
use crate::waiting::{parse_wait, wait_for};
use crate::withdrawal::{call_off, take_out_of_the_queue};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CancelQuery {
    /// Seconds to wait for a running submission's end, at most 60.
    #[serde(default)]
    wait: u64,
}

/// A submission that will end soon.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancellingBody {
    #[schema(example = "The submission is being cancelled")]
    message: &'static str,
    /// For `GET /api/result/{id}`.
    #[schema(example = "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f")]
    code_submission_id: String,
    /// `running`.
    #[schema(example = "running")]
    status: &'static str,
}

/// Cancel a submission.
///
/// One that waits is cancelled at once. One that runs is stopped by its worker, and keeps the output
/// so far; with `wait`, the answer comes when it has ended. It may have come to its own end just
/// before: the result tells.
#[utoipa::path(
    delete,
    path = "/api/submissions/{id}",
    tag = "submissions",
    params(("id" = String, Path, description = "The `codeSubmissionId`"), CancelQuery),
    responses(
        (status = 200, description = "It has ended", body = ResultBody),
        (status = 202, description = "It runs, and is being stopped", body = CancellingBody,
            headers(("location" = String, description = "Where its result will be"))),
        (status = 400, description = "Not an id, not a number of seconds, or a wrong header", body = ErrorEnvelope),
        (status = 401, description = "No good key, where one is wanted", body = ErrorEnvelope),
        (status = 403, description = "A key without the scope `submit`", body = ErrorEnvelope),
        (status = 404, description = "No such submission", body = ErrorEnvelope),
        (status = 409, description = "It was finished before", body = ErrorEnvelope),
        (status = 429, description = "Too many requests", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Submitter(caller): Submitter,
    Id(id): Id,
    Query(query): Query<CancelQuery>,
) -> Result<Response, ApiError> {
    let wait = parse_wait(query.wait)?;
    check_owner(&app, &caller, id).await?;
    match cancel_unasked(&app, id).await? {
        Cancelling::Unknown => Err(ApiError::UnknownSubmission),
        Cancelling::Final(state) => Err(ApiError::AlreadyFinished(state.as_str())),
        Cancelling::Done(submission) => Ok(Json(ResultBody::from(&*submission)).into_response()),
        Cancelling::Requested => ending(&app, &caller, id, wait).await,
    }
}

/// Cancels a submission, whosever it is, and tells all who must know.
pub(super) async fn cancel_unasked(app: &App, id: SubmissionId) -> Result<Cancelling, ApiError> {
    let cancelling = app.store.cancel(id).await?;
    match &cancelling {
        Cancelling::Unknown | Cancelling::Final(_) => {}
        Cancelling::Done(_) => {
            tracing::info!(submission.id = %id, "submission cancelled");
            take_out_of_the_queue(app, id).await;
        }
        Cancelling::Requested => {
            tracing::info!(submission.id = %id, "cancellation requested");
            call_off(app, id).await;
        }
    }
    Ok(cancelling)
}

/// That it is the caller's: whose a submission is never changes, so this may be asked before.
async fn check_owner(app: &App, caller: &Caller, id: SubmissionId) -> Result<(), ApiError> {
    if caller.sees_all() {
        return Ok(());
    }
    let [standing] = &app.store.standings(&[id]).await?[..] else {
        return Err(ApiError::UnknownSubmission);
    };
    match caller.may_see(&standing.tenant) {
        true => Ok(()),
        false => Err(ApiError::UnknownSubmission),
    }
}

async fn ending(
    app: &App,
    caller: &Caller,
    id: SubmissionId,
    wait: Duration,
) -> Result<Response, ApiError> {
    if !wait.is_zero() {
        let submission = wait_for(app, caller, id, wait).await?;
        if submission.state.is_final() {
            return Ok(Json(ResultBody::from(&*submission)).into_response());
        }
    }
    let body = CancellingBody {
        message: "The submission is being cancelled",
        code_submission_id: id.to_string(),
        status: "running",
    };
    Ok((StatusCode::ACCEPTED, location(id), Json(body)).into_response())
}
