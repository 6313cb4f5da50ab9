//! What a client is told when something is wrong: one envelope, one table of codes.
//!
//! ```json
//! {"error": {"code": "unknownLanguage", "message": "…", "requestId": "…"}}
//! ```

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Body};
use serde::Serialize;
use shared::accounts::policy::NotAllowed;
use shared::queue::QueueError;
use shared::store::StoreError;
use shared::submission::InvalidId;
use utoipa::ToSchema;

/// Everything that can be wrong with a request, or with us.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the body is not JSON: {0}")]
    InvalidJson(String),
    #[error("{0}")]
    InvalidField(String),
    #[error("{0}")]
    LimitOutOfRange(String),
    #[error("{0}")]
    InvalidQuery(String),
    #[error("{0}")]
    InvalidHeader(String),
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    #[error("the body is larger than {0} bytes")]
    BodyTooLarge(usize),
    #[error("the answer would be larger than {0} bytes; ask for this submission alone")]
    AnswerTooLarge(usize),
    #[error("the body did not arrive in time")]
    BodyTimeout,
    #[error("the body could not be read")]
    UnreadableBody,
    #[error("{0}")]
    UnsupportedMediaType(&'static str),
    #[error("there is no language `{0}`; GET /api/languages lists what there is")]
    UnknownLanguage(String),
    #[error("no worker serves `{0}` at present; GET /api/languages tells what is available")]
    LanguageUnavailable(String),
    #[error("no worker serves the pool `{0}`")]
    UnknownPool(String),
    #[error("no worker of the pool `{pool}` serves `{lang}` at present")]
    PoolUnavailable { pool: String, lang: String },
    #[error("there is no such submission")]
    UnknownSubmission,
    #[error("the submission is {0} already")]
    AlreadyFinished(&'static str),
    #[error("this `Idempotency-Key` came with another submission before")]
    IdempotencyConflict,
    #[error("there is no dead letter of this submission")]
    UnknownDeadLetter,
    #[error("send `authorization: Bearer …`, or `x-api-key: …`, with a key that is good here")]
    Unauthorized,
    #[error("this key may not do that: it wants {0}")]
    Forbidden(String),
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("there is no such organisation")]
    UnknownOrganisation,
    #[error("there is no such user")]
    UnknownUser,
    #[error("there is no such key")]
    UnknownKey,
    #[error("this name is taken")]
    NameTaken,
    #[error("others were changing the same; try again")]
    ChangedMeanwhile,
    #[error("too many requests of this {of}: {limit} within a minute are the most")]
    RateLimited { of: &'static str, limit: u32, retry_after: u64 },
    #[error("{whose} has no more submissions left for today")]
    DayUsedUp { whose: &'static str, retry_after: u64 },
    #[error("too many submissions of {0} are waiting; try again later")]
    AccountQueueFull(&'static str),
    #[error("there is nothing at this path; GET /api/docs shows what there is")]
    UnknownPath,
    #[error("this path does not answer to this method")]
    MethodNotAllowed,
    #[error("too many submissions are waiting; try again later")]
    QueueFull,
    #[error("too many submissions of yours are waiting; try again later")]
    TenantQueueFull,
    #[error("as many submissions of yours as may run at once are not finished; try again later")]
    ParallelLimit,
    #[error("the queue cannot be reached; try again later")]
    QueueUnavailable(#[source] Arc<QueueError>),
    #[error("too many requests are being handled; try again later")]
    Overloaded,
    #[error("the store cannot be reached; try again later")]
    StoreUnavailable(#[source] Arc<StoreError>),
    #[error("something went wrong on our side")]
    Internal,
}

impl ApiError {
    /// The table: each error's code and status.
    pub(crate) fn code(&self) -> (&'static str, StatusCode) {
        match self {
            Self::InvalidJson(_) => ("invalidJson", StatusCode::BAD_REQUEST),
            Self::InvalidQuery(_) => ("invalidQuery", StatusCode::BAD_REQUEST),
            Self::InvalidHeader(_) => ("invalidHeader", StatusCode::BAD_REQUEST),
            Self::InvalidId(_) => ("invalidId", StatusCode::BAD_REQUEST),
            Self::UnreadableBody => ("unreadableBody", StatusCode::BAD_REQUEST),
            Self::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED),
            Self::Forbidden(_) => ("forbidden", StatusCode::FORBIDDEN),
            Self::UnknownOrganisation => ("unknownOrganisation", StatusCode::NOT_FOUND),
            Self::UnknownUser => ("unknownUser", StatusCode::NOT_FOUND),
            Self::UnknownKey => ("unknownKey", StatusCode::NOT_FOUND),
            Self::UnknownDeadLetter => ("unknownDeadLetter", StatusCode::NOT_FOUND),
            Self::UnknownSubmission => ("unknownSubmission", StatusCode::NOT_FOUND),
            Self::UnknownPath => ("unknownPath", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => ("methodNotAllowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::BodyTimeout => ("bodyTimeout", StatusCode::REQUEST_TIMEOUT),
            Self::NameTaken => ("nameTaken", StatusCode::CONFLICT),
            Self::ChangedMeanwhile => ("changedMeanwhile", StatusCode::CONFLICT),
            Self::AlreadyFinished(_) => ("alreadyFinished", StatusCode::CONFLICT),
            Self::BodyTooLarge(_) => ("bodyTooLarge", StatusCode::PAYLOAD_TOO_LARGE),
            Self::AnswerTooLarge(_) => ("answerTooLarge", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType(_) => {
                ("unsupportedMediaType", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::InvalidField(_) => ("invalidField", StatusCode::UNPROCESSABLE_ENTITY),
            Self::LimitOutOfRange(_) => ("limitOutOfRange", StatusCode::UNPROCESSABLE_ENTITY),
            Self::NotAllowed(_) => ("notAllowed", StatusCode::UNPROCESSABLE_ENTITY),
            Self::UnknownLanguage(_) => ("unknownLanguage", StatusCode::UNPROCESSABLE_ENTITY),
            Self::UnknownPool(_) => ("unknownPool", StatusCode::UNPROCESSABLE_ENTITY),
            Self::IdempotencyConflict => ("idempotencyConflict", StatusCode::UNPROCESSABLE_ENTITY),
            Self::ParallelLimit => ("parallelLimit", StatusCode::TOO_MANY_REQUESTS),
            Self::TenantQueueFull => ("tenantQueueFull", StatusCode::TOO_MANY_REQUESTS),
            Self::AccountQueueFull(_) => ("accountQueueFull", StatusCode::TOO_MANY_REQUESTS),
            Self::RateLimited { .. } => ("rateLimited", StatusCode::TOO_MANY_REQUESTS),
            Self::DayUsedUp { .. } => ("dayUsedUp", StatusCode::TOO_MANY_REQUESTS),
            Self::PoolUnavailable { .. } => ("poolUnavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::LanguageUnavailable(_) => {
                ("languageUnavailable", StatusCode::SERVICE_UNAVAILABLE)
            }
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
            Self::QueueFull => ("queueFull", StatusCode::SERVICE_UNAVAILABLE),
            Self::QueueUnavailable(_) => ("queueUnavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Overloaded => ("overloaded", StatusCode::SERVICE_UNAVAILABLE),
            Self::StoreUnavailable(_) => ("storeUnavailable", StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// Seconds after which another try makes sense.
    fn retry_after(&self) -> Option<HeaderValue> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::DayUsedUp { retry_after, .. } => {
                Some(HeaderValue::from(*retry_after))
            }
            Self::ParallelLimit => Some(HeaderValue::from_static("1")),
            Self::QueueFull
            | Self::TenantQueueFull
            | Self::AccountQueueFull(_)
            | Self::LanguageUnavailable(_)
            | Self::PoolUnavailable { .. } => Some(HeaderValue::from_static("5")),
            Self::Overloaded | Self::StoreUnavailable(_) | Self::QueueUnavailable(_) => {
                Some(HeaderValue::from_static("2"))
            }
            _ => None,
        }
    }

    /// Whether the same request may well be taken later.
    pub(crate) fn is_passing(&self) -> bool {
        self.retry_after().is_some()
    }

    /// The answer, once the request's id is known; and the one log line of a fault of ours.
    pub(crate) fn respond(&self, request_id: &str) -> Response {
        let mut response = (self.code().1, Json(self.envelope(request_id))).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let Self::Unauthorized = self {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }

    /// What is told of it; and the one log line of a fault of ours.
    pub(crate) fn envelope(&self, request_id: &str) -> ErrorEnvelope {
        let (code, status) = self.code();
        if status.is_server_error() {
            let cause = std::error::Error::source(self).map(|cause| format!("{cause:?}"));
            tracing::error!(code, cause, "request failed");
        }
        let (message, request_id) = (self.to_string(), request_id.to_owned());
        ErrorEnvelope { error: ErrorDetail { code, message, request_id } }
    }
}

impl IntoResponse for ApiError {
    /// A placeholder that carries the error to [`crate::server`], which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code().1;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            error => Self::StoreUnavailable(Arc::new(error)),
        }
    }
}

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        Self::QueueUnavailable(Arc::new(error))
    }
}

/// Every error's answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorEnvelope {
    error: ErrorDetail,
}

/// What was wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorDetail {
    /// For programs; stays the same between versions.
    #[schema(example = "unknownLanguage")]
    code: &'static str,
    /// For people; may change.
    message: String,
    /// Names this request in the logs.
    request_id: String,
}
