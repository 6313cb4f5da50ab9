//! `POST /api/submit`: takes a program in and answers at once.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use serde::Serialize;
use shared::submission::SubmissionId;
use utoipa::ToSchema;

use crate::acceptance::accept;
use crate::app::App;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Json;
use crate::request::SubmitRequest;

/// A submission that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptedBody {
    #[schema(example = "Code submission queued successfully")]
    message: &'static str,
    /// For `GET /api/result/{id}`.
    code_submission_id: String,
}

/// Submit a program.
///
/// It is stored before the answer is sent, and executed as soon as a worker is free.
#[utoipa::path(
    post,
    path = "/api/submit",
    tag = "submissions",
    request_body = SubmitRequest,
    responses(
        (status = 201, description = "Stored and queued", body = AcceptedBody,
            headers(("location" = String, description = "Where its result will be"))),
        (status = 400, description = "Not JSON", body = ErrorEnvelope),
        (status = 413, description = "Too large", body = ErrorEnvelope),
        (status = 415, description = "Not declared as JSON", body = ErrorEnvelope),
        (status = 422, description = "A field, a limit or the language is wrong", body = ErrorEnvelope),
        (status = 503, description = "Full, or the store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn submit(
    State(app): State<App>,
    Json(request): Json<SubmitRequest>,
) -> Result<(StatusCode, HeaderMap, JsonBody<AcceptedBody>), ApiError> {
    let id = accept(&app, request).await?;
    let body = AcceptedBody {
        message: "Code submission queued successfully",
        code_submission_id: id.to_string(),
    };
    Ok((StatusCode::CREATED, location(id), JsonBody(body)))
}

/// Where the result of a submission is.
pub(super) fn location(id: SubmissionId) -> HeaderMap {
    HeaderValue::try_from(format!("/api/result/{id}"))
        .map(|location| HeaderMap::from_iter([(LOCATION, location)]))
        .unwrap_or_default()
}
