//! What the endpoints about accounts have in common.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use bson::DateTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::accounts::audit::{Action, Actor, Entry};
use shared::accounts::key::KeyId;
use shared::placement::{Tenant, UserName};
use shared::store::Page;
use utoipa::{IntoParams, ToSchema};

use crate::admin::Admin;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::{JsonText, json};

/// How many are listed at once where nothing else is asked for.
const DEFAULT_LIMIT: u16 = 100;

/// The most that are listed at once.
const MAX_LIMIT: u16 = 1000;

/// The longest body; the audit log keeps it.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Tries of a change that others' changes came before.
pub(crate) const ATTEMPTS: usize = 3;

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// How many, at most 1000; 100, where it is left out.
    pub(crate) limit: Option<u16>,
    /// `next` of the answer before.
    pub(crate) after: Option<String>,
}

impl ListQuery {
    pub(crate) fn page(&self) -> Result<Page<'_>, ApiError> {
        page(self.limit, self.after.as_deref())
    }
}

/// The part of a list that is asked for.
pub(crate) fn page(limit: Option<u16>, after: Option<&str>) -> Result<Page<'_>, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    match (1..=MAX_LIMIT).contains(&limit) {
        true => Ok(Page { after, limit }),
        false => Err(ApiError::InvalidQuery(format!("`limit` is between 1 and {MAX_LIMIT}"))),
    }
}

/// For `after`, where there may be more after these.
pub(crate) fn next<T>(page: Page<'_>, listed: &[T], name: impl Fn(&T) -> String) -> Option<String> {
    listed.last().filter(|_| listed.len() == usize::from(page.limit)).map(name)
}

/// A JSON body about an account, with its text for the audit log.
pub(crate) struct Asked<T> {
    pub(crate) body: T,
    pub(crate) text: String,
}

impl<T: DeserializeOwned> FromRequest<App> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let JsonText(bytes) = JsonText::from_request(request, app).await?;
        if bytes.len() > MAX_BODY_BYTES {
            return Err(ApiError::BodyTooLarge(MAX_BODY_BYTES));
        }
        let body = json(&bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self { body, text })
    }
}

/// A change of an organisation or a user.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountPatch {
    /// What is to change of the policy, which only a superadmin may. What is null is from now on as the
    /// next level has it; what is left out stays.
    #[schema(value_type = Option<super::policy::PolicyBody>)]
    pub(crate) policy: Option<Value>,
    /// Whether its keys are refused.
    pub(crate) disabled: Option<bool>,
}

/// The account that a path names, as far as it names one.
#[derive(Debug, Clone, Deserialize)]
struct Named {
    organisation: String,
    user: Option<String>,
    key: Option<String>,
}

async fn named(parts: &mut Parts, app: &App) -> Result<Named, ApiError> {
    let path = Path::<Named>::from_request_parts(parts, app).await;
    path.map(|Path(named)| named).map_err(|_| ApiError::UnknownOrganisation)
}

/// The organisation that a path names, and an admin who may manage it. What can be no name names
/// nothing.
pub(crate) struct OfOrganisation {
    pub(crate) admin: Admin,
    pub(crate) organisation: Tenant,
}

/// The user that a path names, and an admin who may manage them.
pub(crate) struct OfUser {
    pub(crate) admin: Admin,
    pub(crate) organisation: Tenant,
    pub(crate) user: UserName,
}

/// The key that a path names, and an admin who may manage it.
pub(crate) struct OfKey {
    pub(crate) admin: Admin,
    pub(crate) organisation: Tenant,
    pub(crate) user: UserName,
    pub(crate) key: KeyId,
}

impl FromRequestParts<App> for OfOrganisation {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let admin = Admin::from_request_parts(parts, app).await?;
        let name = named(parts, app).await?.organisation;
        let organisation = Tenant::try_from(name).map_err(|_| ApiError::UnknownOrganisation)?;
        admin.check(&organisation)?;
        Ok(Self { admin, organisation })
    }
}

impl FromRequestParts<App> for OfUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let OfOrganisation { admin, organisation } =
            OfOrganisation::from_request_parts(parts, app).await?;
        let name = named(parts, app).await?.user.unwrap_or_default();
        let user = UserName::try_from(name).map_err(|_| ApiError::UnknownUser)?;
        Ok(Self { admin, organisation, user })
    }
}

impl FromRequestParts<App> for OfKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let OfUser { admin, organisation, user } = OfUser::from_request_parts(parts, app).await?;
        let name = named(parts, app).await?.key.unwrap_or_default();
        let key = KeyId::try_from(name).map_err(|_| ApiError::UnknownKey)?;
        Ok(Self { admin, organisation, user, key })
    }
}

/// What is written down of a change.
pub(crate) fn entry(actor: Actor, action: Action, organisation: &Tenant, text: String) -> Entry {
    Entry {
        at: DateTime::now(),
        actor,
        action,
        organisation: organisation.clone(),
        user: None,
        key: None,
        change: text,
    }
}
