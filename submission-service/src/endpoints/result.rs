//! `GET /api/result/{id}`: how a submission stands, or how it ended.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::caller::Reader;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::{Id, Query};
use crate::presentation::ResultBody;
use crate::waiting::{parse_wait, wait_for};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultQuery {
    /// Seconds to wait for the submission to finish, at most 60.
    #[serde(default)]
    wait: u64,
}

/// Read a result.
///
/// With `wait`, the answer comes as soon as the submission is finished, or when the time is up.
#[utoipa::path(
    get,
    path = "/api/result/{id}",
    tag = "submissions",
    params(("id" = String, Path, description = "The `codeSubmissionId`"), ResultQuery),
    responses(
        (status = 200, description = "Finished, or still pending", body = ResultBody),
        (status = 400, description = "Not an id, or not a number of seconds", body = ErrorEnvelope),
        (status = 401, description = "No good key, where one is wanted", body = ErrorEnvelope),
        (status = 403, description = "A key without the scope `read`", body = ErrorEnvelope),
        (status = 404, description = "No such submission", body = ErrorEnvelope),
        (status = 429, description = "Too many requests", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn result(
    State(app): State<App>,
    Reader(caller): Reader,
    Id(id): Id,
    Query(query): Query<ResultQuery>,
) -> Result<Json<ResultBody>, ApiError> {
    let wait = parse_wait(query.wait)?;
    Ok(Json(ResultBody::from(&*wait_for(&app, &caller, id, wait).await?)))
}
