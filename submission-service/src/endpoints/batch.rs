//! `POST /api/submit/batch`: takes many programs in at once, each for itself.

use axum::extract::{Extension, State};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::acceptance::{Accepted, prepare, take_in_all};
use crate::app::App;
use crate::caller::Submitter;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Json;
use crate::request::SubmitRequest;
use crate::server::RequestId;

/// The most submissions of one batch.
const MAX_SUBMISSIONS: usize = 100;

/// Programs to execute, each on its own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BatchRequest {
    /// 1 to 100 submissions, each as `POST /api/submit` takes it.
    #[schema(value_type = Vec<SubmitRequest>, min_items = 1, max_items = 100)]
    submissions: Vec<Value>,
}

/// What became of each submission of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"submissions": [
    {"codeSubmissionId": "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f"},
    {"error": {"code": "unknownLanguage", "message": "there is no language `klingon`; …", "requestId": "…"}},
]}))]
pub(crate) struct BatchBody {
    /// In the order of the request.
    submissions: Vec<BatchItemBody>,
}

/// What became of one submission.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum BatchItemBody {
    #[serde(rename_all = "camelCase")]
    Accepted {
        /// For `GET /api/result/{id}`.
        code_submission_id: String,
    },
    Refused(ErrorEnvelope),
}

/// Submit many programs.
///
/// Each is taken in or refused for itself, in the order of the request. Only if nothing could be
/// taken in, and all of it may be tried again, the whole answer is the error.
#[utoipa::path(
    post,
    path = "/api/submit/batch",
    tag = "submissions",
    request_body = BatchRequest,
    responses(
        (status = 200, description = "What became of each", body = BatchBody),
        (status = 400, description = "Not JSON, or a wrong header", body = ErrorEnvelope),
        (status = 401, description = "No good key, where one is wanted", body = ErrorEnvelope),
        (status = 403, description = "A key without the scope `submit`", body = ErrorEnvelope),
        (status = 413, description = "Too large", body = ErrorEnvelope),
        (status = 415, description = "Not declared as JSON", body = ErrorEnvelope),
        (status = 422, description = "No list of 1 to 100 submissions", body = ErrorEnvelope),
        (status = 429, description = "Too many requests, or too many submissions: of the day, that wait, or that are not finished", body = ErrorEnvelope),
        (status = 503, description = "Full, not served at present, or the store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn submit_batch(
    State(app): State<App>,
    Submitter(caller): Submitter,
    Extension(request_id): Extension<RequestId>,
    Json(batch): Json<BatchRequest>,
) -> Result<axum::Json<BatchBody>, ApiError> {
    let BatchRequest { submissions } = batch;
    if !(1..=MAX_SUBMISSIONS).contains(&submissions.len()) {
        let why = format!("`submissions` must have 1 to {MAX_SUBMISSIONS} entries");
        return Err(ApiError::InvalidField(why));
    }
    let prepared = futures_util::stream::iter(submissions).then(async |submission| {
        let request: SubmitRequest = serde_json::from_value(submission)
            .map_err(|error| ApiError::InvalidField(error.to_string()))?;
        prepare(&app, &caller, request, None).await
    });
    let results = take_in_all(&app, &caller.quotas, prepared.collect().await).await;
    if let Some(error) = common_passing_error(&results) {
        return Err(error);
    }
    let item = |result: Result<_, ApiError>| match result {
        Ok(Accepted { id, .. }) => BatchItemBody::Accepted { code_submission_id: id.to_string() },
        Err(error) => BatchItemBody::Refused(error.envelope(request_id.as_str())),
    };
    Ok(axum::Json(BatchBody { submissions: results.into_iter().map(item).collect() }))
}

/// The first error, if there is nothing else and a later try may do better for all.
fn common_passing_error(results: &[Result<Accepted, ApiError>]) -> Option<ApiError> {
    let error = results.first()?.as_ref().err()?;
    let is_passing =
        |result: &Result<_, ApiError>| result.as_ref().is_err_and(ApiError::is_passing);
    results.iter().all(is_passing).then(|| error.clone())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use shared::submission::SubmissionId;

    use super::*;

    fn taken() -> Result<Accepted, ApiError> {
        Ok(Accepted { id: SubmissionId::new(), is_replay: false })
    }

    #[rstest]
    #[case::all_full(vec![Err(ApiError::QueueFull), Err(ApiError::QueueFull)], Some("queueFull"))]
    #[case::all_passing(
        vec![Err(ApiError::TenantQueueFull), Err(ApiError::Overloaded)],
        Some("tenantQueueFull")
    )]
    #[case::one_taken(vec![Err(ApiError::QueueFull), taken()], None)]
    #[case::one_wrong(
        vec![Err(ApiError::QueueFull), Err(ApiError::UnknownLanguage("klingon".into()))],
        None
    )]
    #[case::all_taken(vec![taken()], None)]
    fn a_batch_fails_as_a_whole_only_if_all_of_it_may_be_sent_again(
        #[case] results: Vec<Result<Accepted, ApiError>>,
        #[case] expected: Option<&str>,
    ) {
        let error = common_passing_error(&results);
        assert_eq!(error.map(|error| error.code().0), expected);
    }
}
