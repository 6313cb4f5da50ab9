//! `POST /api/execute`: submits, waits, and answers with the result, as JSON or as plain output.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde::Deserialize;
use shared::outcome::Verdict;
use shared::submission::{Idempotency, Submission};
use utoipa::IntoParams;

use super::submit::headers;
use crate::acceptance::{prepare, take_in};
use crate::app::App;
use crate::caller::Submitter;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::{Body, MediaType, Query, json, media_type};
use crate::idempotency::IdempotencyKey;
use crate::presentation::ResultBody;
use crate::request::SubmitRequest;
use crate::waiting::{MAX_WAIT, parse_wait, wait_for};

const SUBMISSION_ID: HeaderName = HeaderName::from_static("airlock-submission-id");
const VERDICT: HeaderName = HeaderName::from_static("airlock-verdict");
const EXIT_CODE: HeaderName = HeaderName::from_static("airlock-exit-code");
const STDERR: HeaderName = HeaderName::from_static("airlock-stderr");

/// Of stderr, what a header carries, in bytes before encoding, which may triple them: servers and
/// proxies commonly refuse headers of more than 8 KiB.
const MAX_STDERR_HEADER_BYTES: usize = 2048;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExecuteQuery {
    /// The language of a plain-text body.
    lang: Option<String>,
    /// The stdin for a plain-text body.
    std_input: Option<String>,
    /// Seconds to wait, at most 60, which is also the default.
    wait: Option<u64>,
}

/// Execute a program and wait for it.
///
/// A JSON body is answered as `GET /api/result/{id}` would be. A `text/plain` body is the source
/// itself, its language in `?lang=`; the answer's body is what the program wrote to stdout, and
/// headers tell the rest: `airlock-submission-id`, `airlock-verdict`, `airlock-exit-code`, and
/// `airlock-stderr` (percent-encoded, the first 2 KiB). With an `Idempotency-Key`, it is executed
/// once, however often it is sent: the answer is the result of the first.
#[utoipa::path(
    post,
    path = "/api/execute",
    tag = "submissions",
    params(
        ExecuteQuery,
        ("idempotency-key" = Option<String>, Header, example = "order-4711",
            description = "1 to 255 visible ASCII characters; counts for as long as the submission is kept"),
    ),
    request_body(content(
        (SubmitRequest = "application/json"),
        (String = "text/plain", example = "print('Hello, World!')"),
    )),
    responses(
        (status = 200, description = "Finished", content(
            (ResultBody = "application/json"),
            (String = "text/plain"),
        ), headers(
            ("location" = String, description = "Where its result is"),
            ("idempotent-replay" = String, description = "`true`, where an earlier request with the same key has submitted it"),
        )),
        (status = 202, description = "Not finished in time; it goes on", body = ResultBody, headers(
            ("location" = String, description = "Where its result will be"),
            ("idempotent-replay" = String, description = "`true`, where an earlier request with the same key has submitted it"),
        )),
        (status = 400, description = "Not JSON, or a wrong query or header", body = ErrorEnvelope),
        (status = 401, description = "No good key, where one is wanted", body = ErrorEnvelope),
        (status = 403, description = "A key without the scope `submit`", body = ErrorEnvelope),
        (status = 413, description = "Too large", body = ErrorEnvelope),
        (status = 415, description = "Neither JSON nor plain text", body = ErrorEnvelope),
        (status = 422, description = "A field, a limit, the language or the pool is wrong; or the key came with another body", body = ErrorEnvelope),
        (status = 429, description = "Too many requests, or too many submissions: of the day, that wait, or that are not finished", body = ErrorEnvelope),
        (status = 503, description = "Full, not served at present, or the store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn execute(
    State(app): State<App>,
    Submitter(caller): Submitter,
    key: IdempotencyKey,
    Query(query): Query<ExecuteQuery>,
    request: Request,
) -> Result<Response, ApiError> {
    let wait = query.wait.map_or(Ok(MAX_WAIT), parse_wait)?;
    let media_type = media_type(request.headers()).ok_or(ApiError::UnsupportedMediaType(
        "send `content-type: application/json`, or `text/plain` with `?lang=`",
    ))?;
    let Body(body) = Body::from_request(request, &app).await?;
    let (request, idempotency) = match media_type {
        MediaType::Json => json_program(&query, key, &body)?,
        MediaType::PlainText => plain_program(query, key, &body)?,
    };
    let new = prepare(&app, &caller, request, idempotency).await?;
    let accepted = take_in(&app, &caller.quotas, new).await?;
    let submission = wait_for(&app, &caller, accepted.id, wait).await?;
    let answer = match media_type {
        _ if !submission.state.is_final() => pending(&submission),
        MediaType::Json => Json(ResultBody::from(&*submission)).into_response(),
        MediaType::PlainText => plain(&submission),
    };
    Ok((headers(accepted), answer).into_response())
}

type Asked = (SubmitRequest, Option<Idempotency>);

fn json_program(query: &ExecuteQuery, key: IdempotencyKey, body: &[u8]) -> Result<Asked, ApiError> {
    if query.lang.is_some() || query.std_input.is_some() {
        return Err(ApiError::InvalidQuery(
            "`lang` and `stdInput` belong into the body where it is JSON".into(),
        ));
    }
    Ok((json(body)?, key.over_json(body)))
}

fn plain_program(query: ExecuteQuery, key: IdempotencyKey, body: &[u8]) -> Result<Asked, ApiError> {
    let lang = query
        .lang
        .ok_or_else(|| ApiError::InvalidQuery("`?lang=` names the language of the body".into()))?;
    let code = String::from_utf8(body.to_vec())
        .map_err(|_| ApiError::InvalidField("the body is not UTF-8 text".into()))?;
    let idempotency = key.over_plain(&lang, query.std_input.as_deref(), body);
    Ok((SubmitRequest::new(code, lang, query.std_input), idempotency))
}

fn pending(submission: &Submission) -> Response {
    (StatusCode::ACCEPTED, Json(ResultBody::from(submission))).into_response()
}

/// The program's stdout, with the rest in headers.
fn plain(submission: &Submission) -> Response {
    let outcome = submission.outcome.as_ref();
    let verdict = outcome.map_or(Verdict::InternalError, |outcome| outcome.verdict);
    let run = outcome.and_then(|outcome| outcome.run.as_ref());
    let compile = outcome.and_then(|outcome| outcome.compile.as_ref());
    // A compiler's stdout is not the program's.
    let std_output = run.map(|run| run.std_output.bytes.clone()).unwrap_or_default();
    let last_step = run.or(compile);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let mut tell = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    tell(SUBMISSION_ID, submission.id.to_string());
    tell(VERDICT, verdict.as_str().to_owned());
    if let Some(exit_code) = last_step.and_then(|step| step.exit_code) {
        tell(EXIT_CODE, exit_code.to_string());
    }
    let std_error = last_step.map_or(&[][..], |step| &step.std_error.bytes);
    tell(STDERR, header_text(std_error));
    (headers, std_output).into_response()
}

fn header_text(bytes: &[u8]) -> String {
    let kept = &bytes[..bytes.len().min(MAX_STDERR_HEADER_BYTES)];
    percent_encode(kept, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stderr_in_a_header_is_encoded_and_bounded() {
        assert_eq!(header_text(b"a b\n\xff"), "a%20b%0A%FF");
        assert_eq!(header_text(&[b'x'; 10_000]).len(), MAX_STDERR_HEADER_BYTES);
    }
}
