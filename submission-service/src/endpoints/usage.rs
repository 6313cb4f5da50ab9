//! `GET /api/usage` and `GET /api/admin/usage`: what was used.

use axum::Json;
use axum::extract::State;
use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::accounts::usage::{Line, day};
use shared::placement::Tenant;
use shared::store::UsageQuery as Wanted;
use utoipa::{IntoParams, ToSchema};

use super::account::{next, page};
use crate::admin::Superadmin;
use crate::app::App;
use crate::caller::Reader;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Query;

/// Days that are looked back where nothing else is asked for.
const DEFAULT_DAYS: i64 = 30;

const DAY_MS: i64 = 24 * 3600 * 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// The first day (UTC), such as `2026-11-01`; thirty days ago, where it is left out.
    from: Option<String>,
    /// The last day (UTC); today, where it is left out.
    to: Option<String>,
    /// How many lines, at most 1000; 100, where it is left out.
    limit: Option<u16>,
    /// `next` of the answer before.
    after: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageOfAllQuery {
    /// Only what this organisation has used.
    #[param(value_type = Option<String>)]
    organisation: Option<Tenant>,
    /// The first day (UTC), such as `2026-11-01`; thirty days ago, where it is left out.
    from: Option<String>,
    /// The last day (UTC); today, where it is left out.
    to: Option<String>,
    /// How many lines, at most 1000; 100, where it is left out.
    limit: Option<u16>,
    /// `next` of the answer before.
    after: Option<String>,
}

/// What was used, a line for each day, user, language and verdict.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageBody {
    /// By organisation and day.
    usage: Vec<LineBody>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A line of the accounts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineBody {
    /// The day (UTC) on which the submissions ended.
    #[schema(example = "2026-11-25")]
    day: String,
    #[schema(example = "acme")]
    organisation: String,
    #[schema(example = "ann")]
    user: String,
    #[schema(example = "python")]
    lang: String,
    #[schema(example = "success")]
    verdict: String,
    /// Submissions that ended.
    executions: i64,
    /// CPU time of all their steps.
    cpu_seconds: f64,
    /// Wall time of all their steps.
    wall_seconds: f64,
    /// Peak memory of each step, in MiB, times its wall time.
    memory_mib_seconds: f64,
}

impl From<&Line> for LineBody {
    #[expect(clippy::cast_precision_loss, reason = "thousandths of seconds, for people")]
    fn from(Line { counted, used }: &Line) -> Self {
        let seconds = |ms: i64| ms as f64 / 1e3;
        Self {
            day: counted.day.clone(),
            organisation: counted.organisation.to_string(),
            user: counted.user.to_string(),
            lang: counted.lang.clone(),
            verdict: counted.verdict.clone(),
            executions: used.executions,
            cpu_seconds: seconds(used.cpu_ms),
            wall_seconds: seconds(used.wall_ms),
            memory_mib_seconds: seconds(used.memory_mib_ms),
        }
    }
}

/// What the organisation has used.
///
/// Each submission is counted once, some seconds after it has ended, and stays counted when it is
/// removed. Where there are no accounts, nothing is counted.
#[utoipa::path(
    get,
    path = "/api/usage",
    tag = "usage",
    params(UsageQuery),
    responses(
        (status = 200, description = "What was used", body = UsageBody),
        (status = 400, description = "A wrong query or header", body = ErrorEnvelope),
        (status = 401, description = "No good key", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn usage(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageBody>, ApiError> {
    let UsageQuery { from, to, limit, after } = query;
    let query = UsageOfAllQuery { organisation: Some(caller.tenant()), from, to, limit, after };
    lines(&app, query).await
}

/// What everybody has used.
#[utoipa::path(
    get,
    path = "/api/admin/usage",
    tag = "accounts",
    security(("token" = [])),
    params(UsageOfAllQuery),
    responses(
        (status = 200, description = "What was used", body = UsageBody),
        (status = 400, description = "A wrong query", body = ErrorEnvelope),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn usage_of_all(
    State(app): State<App>,
    _: Superadmin,
    Query(query): Query<UsageOfAllQuery>,
) -> Result<Json<UsageBody>, ApiError> {
    lines(&app, query).await
}

async fn lines(app: &App, query: UsageOfAllQuery) -> Result<Json<UsageBody>, ApiError> {
    let now = DateTime::now();
    let ago = now.timestamp_millis().saturating_sub(DEFAULT_DAYS * DAY_MS);
    let (from, to) = (query.from.as_deref().map(parse_day), query.to.as_deref().map(parse_day));
    let wanted = Wanted {
        organisation: query.organisation.as_ref(),
        from: &from.unwrap_or_else(|| Ok(day(DateTime::from_millis(ago))))?,
        to: &to.unwrap_or_else(|| Ok(day(now)))?,
        page: page(query.limit, query.after.as_deref())?,
    };
    let lines = app.store.usage(wanted).await?;
    let next = next(wanted.page, &lines, |(name, _)| name.clone());
    let usage = lines.iter().map(|(_, line)| line.into()).collect();
    Ok(Json(UsageBody { usage, next }))
}

fn parse_day(text: &str) -> Result<String, ApiError> {
    match DateTime::parse_rfc3339_str(format!("{text}T00:00:00Z")) {
        Ok(at) => Ok(day(at)),
        Err(_) => {
            Err(ApiError::InvalidQuery("`from` and `to` are days, such as `2026-11-25`".to_owned()))
        }
    }
}
