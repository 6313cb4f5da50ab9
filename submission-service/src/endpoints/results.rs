//! `POST /api/results`: how many submissions stand, or how they ended, in one answer.

use axum::extract::{Extension, State};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use shared::submission::SubmissionId;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::{Caller, Reader};
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Json;
use crate::presentation::ResultBody;
use crate::server::RequestId;
use crate::waiting::{parse_wait, wait_for_all};

/// The most submissions that one request may ask for.
const MAX_IDS: usize = 100;

/// The most that one answer has, in bytes: a hundred results could have a gigabyte.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Results that are read at once.
const READS_AT_ONCE: usize = 4;

/// The submissions whose results are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResultsRequest {
    /// 1 to 100 `codeSubmissionId`s.
    #[schema(
        value_type = Vec<String>, min_items = 1, max_items = 100,
        example = json!(["01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f"])
    )]
    ids: Vec<SubmissionId>,
    /// Seconds to wait until all of them are finished, at most 60.
    #[schema(example = 30)]
    wait: Option<u64>,
}

/// The results.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultsBody {
    /// In the order of the request.
    results: Vec<ResultsItemBody>,
}

/// One result.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum ResultsItemBody {
    /// As `GET /api/result/{id}` answers it.
    Result(ResultBody),
    /// Why there is none.
    #[serde(rename_all = "camelCase")]
    Error {
        code_submission_id: String,
        #[serde(flatten)]
        envelope: ErrorEnvelope,
    },
}

/// Read many results.
///
/// With `wait`, the answer comes as soon as all of them are finished, or when the time is up; then
/// some may still be pending. What there is not has an error in its place. So has what would make the
/// answer larger than 16 MiB: it is to be asked for alone.
#[utoipa::path(
    post,
    path = "/api/results",
    tag = "submissions",
    request_body = ResultsRequest,
    responses(
        (status = 200, description = "Each of them", body = ResultsBody),
        (status = 400, description = "Not JSON, a wrong header, or too long a wait", body = ErrorEnvelope),
        (status = 401, description = "No good key, where one is wanted", body = ErrorEnvelope),
        (status = 403, description = "A key without the scope `read`", body = ErrorEnvelope),
        (status = 413, description = "Too large", body = ErrorEnvelope),
        (status = 415, description = "Not declared as JSON", body = ErrorEnvelope),
        (status = 422, description = "No list of 1 to 100 ids", body = ErrorEnvelope),
        (status = 429, description = "Too many requests", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn results(
    State(app): State<App>,
    Reader(caller): Reader,
    Extension(request_id): Extension<RequestId>,
    Json(request): Json<ResultsRequest>,
) -> Result<axum::Json<ResultsBody>, ApiError> {
    let ResultsRequest { ids, wait } = request;
    let wait = parse_wait(wait.unwrap_or_default())?;
    if !(1..=MAX_IDS).contains(&ids.len()) {
        return Err(ApiError::InvalidField(format!("`ids` must have 1 to {MAX_IDS} entries")));
    }
    wait_for_all(&app, &caller, &ids, wait).await?;
    let mut room = Room(MAX_ANSWER_BYTES);
    let mut results = Vec::with_capacity(ids.len());
    let read = async |id| (id, read(&app, &caller, id).await);
    let mut reads = stream::iter(ids).map(read).buffered(READS_AT_ONCE);
    while let Some((id, result)) = reads.next().await {
        results.push(match result.and_then(|result| room.take(result)) {
            Ok(result) => ResultsItemBody::Result(result),
            Err(error) => ResultsItemBody::Error {
                code_submission_id: id.to_string(),
                envelope: error.envelope(request_id.as_str()),
            },
        });
    }
    drop(reads);
    Ok(axum::Json(ResultsBody { results }))
}

async fn read(app: &App, caller: &Caller, id: SubmissionId) -> Result<ResultBody, ApiError> {
    let submission = app.store.get(id).await?.ok_or(ApiError::UnknownSubmission)?;
    Ok(ResultBody::from(&*caller.check(Box::new(submission))?))
}

/// What an answer has still room for, in bytes.
struct Room(usize);

impl Room {
    /// The result, if there is room for it.
    fn take(&mut self, result: ResultBody) -> Result<ResultBody, ApiError> {
        let mut counted = Counted(0);
        serde_json::to_writer(&mut counted, &result).map_err(|_| ApiError::Internal)?;
        self.0 = self.0.checked_sub(counted.0).ok_or(ApiError::AnswerTooLarge(MAX_ANSWER_BYTES))?;
        Ok(result)
    }
}

/// Counts what is written, and keeps nothing.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
