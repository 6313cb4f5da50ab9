//! `GET /api/admin/audit`: who has changed what.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::accounts::audit::{Action, Actor, Entry};
use shared::placement::Tenant;
use utoipa::{IntoParams, ToSchema};

use super::account::{next, page};
use crate::admin::Superadmin;
use crate::app::App;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Query;
use crate::presentation::rfc3339;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only what was changed of this organisation.
    #[param(value_type = Option<String>)]
    organisation: Option<Tenant>,
    /// How many, at most 1000; 100, where it is left out.
    limit: Option<u16>,
    /// `next` of the answer before.
    after: Option<String>,
}

/// Changes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditBody {
    /// The latest first.
    changes: Vec<ChangeBody>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeBody {
    /// When (RFC 3339).
    at: Option<String>,
    /// `superadmin`, or `organisation/user` with the id of their key.
    #[schema(example = "superadmin")]
    by: String,
    /// `create`, `update`, `revoke` or `delete`.
    #[schema(example = "update")]
    action: &'static str,
    #[schema(example = "acme")]
    organisation: String,
    /// Null where it is the organisation itself.
    #[schema(example = "ann")]
    user: Option<String>,
    /// The id; null where it is the user, or the organisation itself.
    key: Option<String>,
    /// What was asked for, as it was sent.
    #[schema(example = "{\"policy\": {\"cpuMillis\": 500}}")]
    change: String,
}

impl From<Entry> for ChangeBody {
    fn from(entry: Entry) -> Self {
        Self {
            at: rfc3339(Some(entry.at)),
            by: match entry.actor {
                Actor::Superadmin => "superadmin".to_owned(),
                Actor::Key { organisation, user, key } => format!("{organisation}/{user} ({key})"),
            },
            action: match entry.action {
                Action::Create => "create",
                Action::Update => "update",
                Action::Revoke => "revoke",
                Action::Delete => "delete",
            },
            organisation: entry.organisation.to_string(),
            user: entry.user.map(String::from),
            key: entry.key.map(|key| key.to_string()),
            change: entry.change,
        }
    }
}

/// Read the audit log.
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "accounts",
    security(("token" = [])),
    params(AuditQuery),
    responses(
        (status = 200, description = "Changes of accounts, the latest first", body = AuditBody),
        (status = 400, description = "A wrong query", body = ErrorEnvelope),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn audit(
    State(app): State<App>,
    _: Superadmin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditBody>, ApiError> {
    let page = page(query.limit, query.after.as_deref())?;
    let entries = app.store.audit(query.organisation.as_ref(), page).await?;
    let next = next(page, &entries, |(name, _)| name.clone());
    let changes = entries.into_iter().map(|(_, entry)| entry.into()).collect();
    Ok(Json(AuditBody { changes, next }))
}
