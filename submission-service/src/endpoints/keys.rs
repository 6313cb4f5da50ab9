//! `/api/admin/organisations/{organisation}/users/{user}/keys`: by what a user is known.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, StatusCode};
use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::accounts::audit::{Action, Entry};
use shared::accounts::key::NewKey;
use shared::accounts::{Key, Scope};
use shared::store::{Change, Changed};
use utoipa::ToSchema;

use super::account::{Asked, ListQuery, OfKey, OfUser, entry, next};
use super::users::find;
use crate::app::App;
use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::Query;
use crate::presentation::rfc3339;

/// The longest label, in characters.
const MAX_LABEL_CHARS: usize = 128;

/// The most requests within a minute that a key can be given.
const MAX_REQUESTS_PER_MINUTE: u32 = 1_000_000_000;

/// A new key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewKeyBody {
    /// What its holder may do; one at least.
    #[schema(example = json!(["submit", "read"]))]
    scopes: BTreeSet<ScopeBody>,
    /// For people; at most 128 characters.
    #[schema(example = "the grader")]
    label: Option<String>,
    /// From when on it is refused (RFC 3339). Left out: never.
    #[schema(example = "2030-01-01T00:00:00Z")]
    expires_at: Option<String>,
    /// The most requests that may come with it within a minute. Left out: as many as its user may
    /// make.
    #[schema(minimum = 1, example = 600)]
    requests_per_minute: Option<u32>,
}

/// What the holder of a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum ScopeBody {
    /// Submit and cancel.
    Submit,
    /// Read results and usage.
    Read,
    /// Manage the users and keys of their own organisation.
    Admin,
}

impl From<ScopeBody> for Scope {
    fn from(scope: ScopeBody) -> Self {
        match scope {
            ScopeBody::Submit => Self::Submit,
            ScopeBody::Read => Self::Read,
            ScopeBody::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for ScopeBody {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Submit => Self::Submit,
            Scope::Read => Self::Read,
            Scope::Admin => Self::Admin,
        }
    }
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyBody {
    /// The part of it that is no secret.
    #[schema(example = "3fJq8ZkP0sVtYw1A")]
    id: String,
    #[schema(example = "acme")]
    organisation: String,
    #[schema(example = "ann")]
    user: String,
    label: Option<String>,
    scopes: Vec<ScopeBody>,
    requests_per_minute: Option<u32>,
    /// When it was made (RFC 3339).
    created_at: Option<String>,
    /// From when on it is refused (RFC 3339).
    expires_at: Option<String>,
    /// When it was last used, to the minute (RFC 3339).
    last_used_at: Option<String>,
    /// When it was revoked (RFC 3339).
    revoked_at: Option<String>,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatedKeyBody {
    /// The key itself. It is shown this once, and nobody can find it out later.
    #[schema(example = "alk_3fJq8ZkP0sVtYw1A_…")]
    key: String,
    #[serde(flatten)]
    about: KeyBody,
}

/// Keys.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeysBody {
    /// By id.
    keys: Vec<KeyBody>,
    /// For `after`, where there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<&Key> for KeyBody {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id.to_string(),
            organisation: key.organisation.to_string(),
            user: key.user.to_string(),
            label: key.label.clone(),
            scopes: key.scopes.iter().map(|scope| (*scope).into()).collect(),
            requests_per_minute: key.requests_per_minute,
            created_at: rfc3339(Some(key.created_at)),
            expires_at: rfc3339(key.expires_at),
            last_used_at: rfc3339(key.last_used_at),
            revoked_at: rfc3339(key.revoked_at),
        }
    }
}

impl NewKeyBody {
    /// The key that is asked for, if it can be.
    fn parse(self, new: &NewKey, of: &OfUser, now: DateTime) -> Result<Key, ApiError> {
        let refuse = |why: String| Err(ApiError::InvalidField(why));
        if self.scopes.is_empty() {
            return refuse("`scopes` must have one entry at least".to_owned());
        }
        if self.label.as_ref().is_some_and(|label| label.chars().count() > MAX_LABEL_CHARS) {
            return refuse(format!("`label` is longer than {MAX_LABEL_CHARS} characters"));
        }
        let most = self.requests_per_minute;
        if most.is_some_and(|most| !(1..=MAX_REQUESTS_PER_MINUTE).contains(&most)) {
            return refuse(format!(
                "`requestsPerMinute` must be between 1 and {MAX_REQUESTS_PER_MINUTE}"
            ));
        }
        let expires_at = match self.expires_at.map(DateTime::parse_rfc3339_str) {
            None => None,
            Some(Ok(at)) if at > now => Some(at),
            Some(Ok(_)) => return refuse("`expiresAt` is past".to_owned()),
            Some(Err(_)) => {
                return refuse("`expiresAt` must be like `2030-01-01T00:00:00Z`".to_owned());
            }
        };
        Ok(Key {
            id: new.id.clone(),
            organisation: of.organisation.clone(),
            user: of.user.clone(),
            label: self.label,
            hash: new.hash.clone(),
            scopes: self.scopes.into_iter().map(Scope::from).collect(),
            requests_per_minute: self.requests_per_minute,
            created_at: now,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        })
    }
}

/// List a user's keys.
#[utoipa::path(
    get,
    path = "/api/admin/organisations/{organisation}/users/{user}/keys",
    operation_id = "list_keys",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
        ListQuery,
    ),
    responses(
        (status = 200, description = "Keys", body = KeysBody),
        (status = 400, description = "A wrong query", body = ErrorEnvelope),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such user, or another organisation than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    OfUser { organisation, user, .. }: OfUser,
    Query(query): Query<ListQuery>,
) -> Result<Json<KeysBody>, ApiError> {
    let page = query.page()?;
    find(&app, &organisation, &user).await?;
    let keys = app.store.keys(&organisation, &user, page).await?;
    let next = next(page, &keys, |last| last.id.to_string());
    Ok(Json(KeysBody { keys: keys.iter().map(KeyBody::from).collect(), next }))
}

/// Make a key.
///
/// The answer has the key itself, which is shown this once.
#[utoipa::path(
    post,
    path = "/api/admin/organisations/{organisation}/users/{user}/keys",
    operation_id = "create_key",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
    ),
    request_body = NewKeyBody,
    responses(
        (status = 201, description = "It is made", body = CreatedKeyBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such user, or another organisation than the key's", body = ErrorEnvelope),
        (status = 422, description = "A field is wrong", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    of: OfUser,
    Asked { body, text }: Asked<NewKeyBody>,
) -> Result<(StatusCode, [(HeaderName, &'static str); 1], Json<CreatedKeyBody>), ApiError> {
    find(&app, &of.organisation, &of.user).await?;
    let new = NewKey::generate().map_err(|_| ApiError::Internal)?;
    let key = body.parse(&new, &of, DateTime::now())?;
    let entry = entry(of.admin.actor(), Action::Create, &of.organisation, text);
    let entry = Entry { user: Some(of.user.clone()), key: Some(key.id.clone()), ..entry };
    match app.store.change(&Change::new_key(&key)?, &entry).await? {
        Changed::Now => {
            let body = CreatedKeyBody { key: new.key.expose().to_owned(), about: (&key).into() };
            Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)))
        }
        Changed::Taken | Changed::Missing => Err(ApiError::Internal),
    }
}

/// Read a key, without its secret.
#[utoipa::path(
    get,
    path = "/api/admin/organisations/{organisation}/users/{user}/keys/{key}",
    operation_id = "read_key",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
        ("key" = String, Path, description = "The key's id"),
    ),
    responses(
        (status = 200, description = "The key", body = KeyBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such key, or another organisation than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn read(State(app): State<App>, of: OfKey) -> Result<Json<KeyBody>, ApiError> {
    let found = app.store.key(&of.organisation, &of.user, &of.key).await?;
    Ok(Json((&found.ok_or(ApiError::UnknownKey)?).into()))
}

/// Revoke a key.
///
/// It is refused from now on. What was submitted with it goes on.
#[utoipa::path(
    delete,
    path = "/api/admin/organisations/{organisation}/users/{user}/keys/{key}",
    operation_id = "revoke_key",
    tag = "accounts",
    security(("token" = []), ("key" = []), ("keyHeader" = [])),
    params(
        ("organisation" = String, Path, description = "The organisation's name"),
        ("user" = String, Path, description = "The user's name"),
        ("key" = String, Path, description = "The key's id"),
    ),
    responses(
        (status = 200, description = "It is revoked", body = KeyBody),
        (status = 401, description = "No good key or token", body = ErrorEnvelope),
        (status = 403, description = "A key that is not for this", body = ErrorEnvelope),
        (status = 404, description = "No such key, or another organisation than the key's", body = ErrorEnvelope),
        (status = 503, description = "The store is away", body = ErrorEnvelope),
    )
)]
pub(crate) async fn revoke(State(app): State<App>, of: OfKey) -> Result<Json<KeyBody>, ApiError> {
    let change = Change::revoke(&of.organisation, &of.user, &of.key);
    let entry = entry(of.admin.actor(), Action::Revoke, &of.organisation, String::new());
    let entry = Entry { user: Some(of.user.clone()), key: Some(of.key.clone()), ..entry };
    // Revoked once more, it stays as it is.
    app.store.change(&change, &entry).await?;
    read(State(app), of).await
}
