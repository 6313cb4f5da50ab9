//! `POST /api/submit`: takes a program in and answers at once.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use serde::Serialize;
use shared::submission::SubmissionId;
use utoipa::ToSchema;

use crate::acceptance::{Accepted, prepare, take_in};
use crate::app::App;
use crate::caller::Submitter;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::{JsonText, json};
use crate::idempotency::{IdempotencyKey, REPLAY};
use crate::request::SubmitRequest;

/// A submission that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptedBody {
    #[schema(example = "Code submission queued successfully")]
    message: &'static str,
    /// For `GET /api/result/{id}`.
    #[schema(example = "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f")]
    code_submission_id: String,
}

impl From<SubmissionId> for AcceptedBody {
    fn from(id: SubmissionId) -> Self {
        Self { message: "Code submission queued successfully", code_submission_id: id.to_string() }
    }
}

/// Submit a program.
///
/// It is stored before the answer is sent, and executed as soon as a worker is free. Sent again with
/// the same `Idempotency-Key` and the same body, it is taken in once: the answer has the same id.
#[utoipa::path(
    post,
    path = "/api/submit",
    tag = "submissions",
    params(
        ("idempotency-key" = Option<String>, Header, example = "order-4711",
            description = "1 to 255 visible ASCII characters; counts for as long as the submission is kept"),
    ),
    request_body = SubmitRequest,
    responses(
        (status = 201, description = "Stored and queued", body = AcceptedBody, headers(
            ("location" = String, description = "Where its result will be"),
            ("idempotent-replay" = String, description = "`true`, where an earlier request with the same key has submitted it"),
        )),
        (status = 400, description = "Not JSON, or a wrong header", body = ErrorEnvelope),
        (status = 401, description = "No good key, where one is wanted", body = ErrorEnvelope),
        (status = 403, description = "A key without the scope `submit`", body = ErrorEnvelope),
        (status = 413, description = "Too large", body = ErrorEnvelope),
        (status = 415, description = "Not declared as JSON", body = ErrorEnvelope),
        (status = 422, description = "A field, a limit, the language or the pool is wrong; or the key came with another body", body = ErrorEnvelope),
        (status = 429, description = "Too many requests, or too many submissions: of the day, that wait, or that are not finished", body = ErrorEnvelope),
        (status = 503, description = "Full, not served at present, or the store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn submit(
    State(app): State<App>,
    Submitter(caller): Submitter,
    key: IdempotencyKey,
    JsonText(body): JsonText,
) -> Result<(StatusCode, HeaderMap, JsonBody<AcceptedBody>), ApiError> {
    let request: SubmitRequest = json(&body)?;
    let new = prepare(&app, &caller, request, key.over_json(&body)).await?;
    let accepted = take_in(&app, &caller.quotas, new).await?;
    Ok((StatusCode::CREATED, headers(accepted), JsonBody(accepted.id.into())))
}

/// Where the result of a submission is, and whether it was submitted before.
pub(super) fn headers(accepted: Accepted) -> HeaderMap {
    let mut headers = location(accepted.id);
    if accepted.is_replay {
        headers.insert(REPLAY, HeaderValue::from_static("true"));
    }
    headers
}

/// Where the result of a submission is.
pub(super) fn location(id: SubmissionId) -> HeaderMap {
    HeaderValue::try_from(format!("/api/result/{id}"))
        .map(|location| HeaderMap::from_iter([(LOCATION, location)]))
        .unwrap_or_default()
}
