//! `/api/admin/organisations`: who may run programs here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::accounts::Organisation;
use shared::accounts::audit::{Action, Actor};
use shared::placement::Tenant;
use shared::store::{Change, Changed, Whose};
use utoipa::ToSchema;

use super::account::{ATTEMPTS, AccountPatch, Asked, ListQuery, OfOrganisation, entry, next};
use super::policy::{PolicyBody, patched};
use super::removal::remove_data;
use crate::admin::Superadmin;
use crate::app::App;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Query;
use crate::presentation::rfc3339;

/// A new organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewOrganisation {
    /// 1 to 64 letters, digits, `.`, `-` and `_`. It never changes.
    #[schema(value_type = String, example = "acme")]
    name: Tenant,
    /// What it may use.
    #[serde(default)]
    policy: PolicyBody,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganisationBody {
    #[schema(example = "acme")]
    name: String,
    policy: PolicyBody,
    /// Whether its keys are refused.
    disabled: bool,
    /// When it was made (RFC 3339).
    created_at: Option<String>,
}

/// Organisations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganisationsBody {
    /// By name.
    organisations: Vec<OrganisationBody>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<&Organisation> for OrganisationBody {
    fn from(organisation: &Organisation) -> Self {
        let Organisation { name, policy, disabled, created_at, .. } = organisation;
        Self {
            name: name.to_string(),
            policy: policy.into(),
            disabled: *disabled,
            created_at: rfc3339(Some(*created_at)),
        }
    }
}

/// List the organisations.
#[utoipa::path(
    get,
    path = "/api/admin/organisations",
    operation_id = "list_organisations",
    tag = "accounts",
    security(("token" = [])),
    params(ListQuery),
    responses(
        (status = 200, description = "Organisations", body = OrganisationsBody),
        (status = 400, description = "A wrong query", body = ErrorEnvelope),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: Superadmin,
    Query(query): Query<ListQuery>,
) -> Result<Json<OrganisationsBody>, ApiError> {
    let page = query.page()?;
    let organisations = app.store.organisations(page).await?;
    let next = next(page, &organisations, |last| last.name.to_string());
    let organisations = organisations.iter().map(OrganisationBody::from).collect();
    Ok(Json(OrganisationsBody { organisations, next }))
}

/// Make an organisation.
#[utoipa::path(
    post,
    path = "/api/admin/organisations",
    operation_id = "create_organisation",
    tag = "accounts",
    security(("token" = [])),
    request_body = NewOrganisation,
    responses(
        (status = 201, description = "It is made", body = OrganisationBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 409, description = "The name is taken", body = ErrorEnvelope),
        (status = 422, description = "A field is wrong, or above a ceiling", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    _: Superadmin,
    Asked { body, text }: Asked<NewOrganisation>,
) -> Result<(StatusCode, Json<OrganisationBody>), ApiError> {
    let organisation = Organisation {
        name: body.name,
        policy: body.policy.parse(&app.system)?,
        disabled: false,
        created_at: DateTime::now(),
        version: 0,
    };
    let change = Change::new_organisation(&organisation)?;
    let entry = entry(Actor::Superadmin, Action::Create, &organisation.name, text);
    match app.store.change(&change, &entry).await? {
        Changed::Now => Ok((StatusCode::CREATED, Json((&organisation).into()))),
        Changed::Taken | Changed::Missing => Err(ApiError::NameTaken),
    }
}

/// Read an organisation.
#[utoipa::path(
    get,
    path = "/api/admin/organisations/{organisation}",
    operation_id = "read_organisation",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(("organisation" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The organisation", body = OrganisationBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such organisation, or another than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn read(
    State(app): State<App>,
    OfOrganisation { organisation, .. }: OfOrganisation,
) -> Result<Json<OrganisationBody>, ApiError> {
    let found = app.store.organisation(&organisation).await?;
    Ok(Json((&found.ok_or(ApiError::UnknownOrganisation)?).into()))
}

/// Change an organisation.
///
/// What it may use from now on holds for its next request and its next submission.
#[utoipa::path(
    patch,
    path = "/api/admin/organisations/{organisation}",
    operation_id = "update_organisation",
    tag = "accounts",
    security(("token" = [])),
    params(("organisation" = String, Path, description = "Its name")),
    request_body = AccountPatch,
    responses(
        (status = 200, description = "As it is now", body = OrganisationBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such organisation, or another than the key's", body = ErrorEnvelope),
        (status = 409, description = "Others were changing it", body = ErrorEnvelope),
        (status = 422, description = "A field is wrong, or above a ceiling", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    _: Superadmin,
    OfOrganisation { organisation, .. }: OfOrganisation,
    Asked { body, text }: Asked<AccountPatch>,
) -> Result<Json<OrganisationBody>, ApiError> {
    let entry = entry(Actor::Superadmin, Action::Update, &organisation, text);
    for _ in 0..ATTEMPTS {
        let found = app.store.organisation(&organisation).await?;
        let mut found = found.ok_or(ApiError::UnknownOrganisation)?;
        if let Some(patch) = body.policy.clone() {
            found.policy = patched(&found.policy, patch, &app.system)?;
        }
        found.disabled = body.disabled.unwrap_or(found.disabled);
        if app.store.change(&Change::of_organisation(&found)?, &entry).await? == Changed::Now {
            return Ok(Json((&found).into()));
        }
    }
    Err(ApiError::ChangedMeanwhile)
}

/// Remove an organisation with its data.
///
/// It is disabled, its keys and users are removed, what has not ended is cancelled, and its submissions
/// are removed with all that came of them, and with what it has used; what was running is gone a minute
/// after it has ended. The audit log stays. Where this fails on the way, it is to be asked again.
#[utoipa::path(
    delete,
    path = "/api/admin/organisations/{organisation}",
    operation_id = "remove_organisation",
    tag = "accounts",
    security(("token" = [])),
    params(("organisation" = String, Path, description = "Its name")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such organisation", body = ErrorEnvelope),
        (status = 409, description = "Others were changing it", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn remove(
    State(app): State<App>,
    _: Superadmin,
    OfOrganisation { organisation, .. }: OfOrganisation,
) -> Result<StatusCode, ApiError> {
    // From then on, nobody adds anything.
    disable(&app, &organisation).await?;
    remove_data(&app, Whose { organisation: &organisation, user: None }).await?;
    app.store.remove_users(&organisation).await?;
    let entry = entry(Actor::Superadmin, Action::Delete, &organisation, String::new());
    match app.store.change(&Change::remove_organisation(&organisation), &entry).await? {
        Changed::Now => Ok(StatusCode::NO_CONTENT),
        Changed::Taken | Changed::Missing => Err(ApiError::UnknownOrganisation),
    }
}

async fn disable(app: &App, organisation: &Tenant) -> Result<(), ApiError> {
    let text = r#"{"disabled":true}"#.to_owned();
    let entry = entry(Actor::Superadmin, Action::Update, organisation, text);
    for _ in 0..ATTEMPTS {
        let found = app.store.organisation(organisation).await?;
        let mut found = found.ok_or(ApiError::UnknownOrganisation)?;
        if found.disabled {
            return Ok(());
        }
        found.disabled = true;
        if app.store.change(&Change::of_organisation(&found)?, &entry).await? == Changed::Now {
            return Ok(());
        }
    }
    Err(ApiError::ChangedMeanwhile)
}
