//! `/api/admin/organisations/{organisation}/users`: who of an organisation submits.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::accounts::User;
use shared::accounts::audit::{Action, Entry};
use shared::placement::{Tenant, UserName};
use shared::store::{Change, Changed, Whose};
use utoipa::ToSchema;

use super::account::{
    ATTEMPTS, AccountPatch, Asked, ListQuery, OfOrganisation, OfUser, entry, next,
};
use super::policy::{PolicyBody, patched};
use super::removal::remove_data;
use crate::app::App;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Query;
use crate::presentation::rfc3339;

/// A new user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewUser {
    /// 1 to 64 letters, digits, `.`, `-` and `_`; unique in the organisation. It never changes.
    #[schema(value_type = String, example = "ann")]
    name: UserName,
    /// What they may use, where it is not as the organisation has it. Only a superadmin may say.
    policy: Option<PolicyBody>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserBody {
    #[schema(example = "acme")]
    organisation: String,
    #[schema(example = "ann")]
    name: String,
    policy: PolicyBody,
    /// Whether their keys are refused.
    disabled: bool,
    /// When they were made (RFC 3339).
    created_at: Option<String>,
}

/// Users.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsersBody {
    /// By name.
    users: Vec<UserBody>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<&User> for UserBody {
    fn from(user: &User) -> Self {
        let User { organisation, name, policy, disabled, created_at, .. } = user;
        Self {
            organisation: organisation.to_string(),
            name: name.to_string(),
            policy: policy.into(),
            disabled: *disabled,
            created_at: rfc3339(Some(*created_at)),
        }
    }
}

/// List an organisation's users.
#[utoipa::path(
    get,
    path = "/api/admin/organisations/{organisation}/users",
    operation_id = "list_users",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(("organisation" = String, Path, description = "Its name"), ListQuery),
    responses(
        (status = 200, description = "Users", body = UsersBody),
        (status = 400, description = "A wrong query", body = ErrorEnvelope),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such organisation, or another than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    OfOrganisation { organisation, .. }: OfOrganisation,
    Query(query): Query<ListQuery>,
) -> Result<Json<UsersBody>, ApiError> {
    let page = query.page()?;
    check_organisation(&app, &organisation).await?;
    let users = app.store.users(&organisation, page).await?;
    let next = next(page, &users, |last| last.name.to_string());
    Ok(Json(UsersBody { users: users.iter().map(UserBody::from).collect(), next }))
}

/// Make a user.
#[utoipa::path(
    post,
    path = "/api/admin/organisations/{organisation}/users",
    operation_id = "create_user",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(("organisation" = String, Path, description = "Its name")),
    request_body = NewUser,
    responses(
        (status = 201, description = "They are made", body = UserBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such organisation, or another than the key's", body = ErrorEnvelope),
        (status = 409, description = "The name is taken", body = ErrorEnvelope),
        (status = 422, description = "A field is wrong, or above a ceiling", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    OfOrganisation { admin, organisation }: OfOrganisation,
    Asked { body, text }: Asked<NewUser>,
) -> Result<(StatusCode, Json<UserBody>), ApiError> {
    if body.policy.is_some() {
        admin.check_superadmin()?;
    }
    check_organisation(&app, &organisation).await?;
    let user = User {
        organisation,
        name: body.name,
        policy: body.policy.unwrap_or_default().parse(&app.system)?,
        disabled: false,
        created_at: DateTime::now(),
        version: 0,
    };
    let entry = entry(admin.actor(), Action::Create, &user.organisation, text);
    let entry = Entry { user: Some(user.name.clone()), ..entry };
    match app.store.change(&Change::new_user(&user)?, &entry).await? {
        Changed::Now => Ok((StatusCode::CREATED, Json((&user).into()))),
        Changed::Taken | Changed::Missing => Err(ApiError::NameTaken),
    }
}

/// Read a user.
#[utoipa::path(
    get,
    path = "/api/admin/organisations/{organisation}/users/{user}",
    operation_id = "read_user",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
    ),
    responses(
        (status = 200, description = "The user", body = UserBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such user, or another organisation than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn read(
    State(app): State<App>,
    OfUser { organisation, user, .. }: OfUser,
) -> Result<Json<UserBody>, ApiError> {
    Ok(Json((&find(&app, &organisation, &user).await?).into()))
}

/// Change a user.
///
/// What they may use from now on holds for their next request and their next submission.
#[utoipa::path(
    patch,
    path = "/api/admin/organisations/{organisation}/users/{user}",
    operation_id = "update_user",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
    ),
    request_body = AccountPatch,
    responses(
        (status = 200, description = "As they are now", body = UserBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such user, or another organisation than the key's", body = ErrorEnvelope),
        (status = 409, description = "Others were changing them", body = ErrorEnvelope),
        (status = 422, description = "A field is wrong, or above a ceiling", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn update(
    State(app): State<App>,
    OfUser { admin, organisation, user }: OfUser,
    Asked { body, text }: Asked<AccountPatch>,
) -> Result<Json<UserBody>, ApiError> {
    if body.policy.is_some() {
        admin.check_superadmin()?;
    }
    let entry = entry(admin.actor(), Action::Update, &organisation, text);
    let entry = Entry { user: Some(user.clone()), ..entry };
    for _ in 0..ATTEMPTS {
        let mut found = find(&app, &organisation, &user).await?;
        if let Some(patch) = body.policy.clone() {
            found.policy = patched(&found.policy, patch, &app.system)?;
        }
        found.disabled = body.disabled.unwrap_or(found.disabled);
        if app.store.change(&Change::of_user(&found)?, &entry).await? == Changed::Now {
            return Ok(Json((&found).into()));
        }
    }
    Err(ApiError::ChangedMeanwhile)
}

/// Remove a user with their data.
///
/// Their keys are refused, what has not ended is cancelled, and their submissions are removed with all
/// that came of them; what was running is gone a minute after it has ended. What they used stays on the
/// organisation's account. Where this fails on the way, it is to be asked again.
#[utoipa::path(
    delete,
    path = "/api/admin/organisations/{organisation}/users/{user}",
    operation_id = "remove_user",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
    ),
    responses(
        (status = 204, description = "They are gone"),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such user, or another organisation than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn remove(
    State(app): State<App>,
    OfUser { admin, organisation, user }: OfUser,
) -> Result<StatusCode, ApiError> {
    find(&app, &organisation, &user).await?;
    remove_data(&app, Whose { organisation: &organisation, user: Some(&user) }).await?;
    let entry = entry(admin.actor(), Action::Delete, &organisation, String::new());
    let entry = Entry { user: Some(user.clone()), ..entry };
    match app.store.change(&Change::remove_user(&organisation, &user), &entry).await? {
        Changed::Now => Ok(StatusCode::NO_CONTENT),
        Changed::Taken | Changed::Missing => Err(ApiError::UnknownUser),
    }
}

/// The user, if there is one.
pub(super) async fn find(
    app: &App,
    organisation: &Tenant,
    user: &UserName,
) -> Result<User, ApiError> {
    if let Some(found) = app.store.user(organisation, user).await? {
        return Ok(found);
    }
    check_organisation(app, organisation).await?;
    Err(ApiError::UnknownUser)
}

async fn check_organisation(app: &App, name: &Tenant) -> Result<(), ApiError> {
    let found = app.store.organisation(name).await?;
    found.map(drop).ok_or(ApiError::UnknownOrganisation)
}
