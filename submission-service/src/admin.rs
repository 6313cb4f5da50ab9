//! Who may manage accounts: whoever has the token of the settings, and, in their own organisation,
//! whoever has a key for it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use shared::accounts::audit::Actor;
use shared::accounts::{Holder, Scope};
use shared::placement::Tenant;
use shared::settings::Secret;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::authentication::{authenticate, credential, require};
use crate::error::ApiError;
use crate::settings::Auth;

/// Whoever runs Airlock: a request with the token of the settings. Where these have none and there are
/// no keys either, there is nothing at the paths that want it.
pub(crate) struct Superadmin;

/// A superadmin, or the admin of one organisation.
pub(crate) struct Admin(Option<Box<Holder>>);

impl Admin {
    /// That they may manage this organisation. For others, there is none but their own.
    pub(crate) fn check(&self, organisation: &Tenant) -> Result<(), ApiError> {
        match &self.0 {
            Some(holder) if holder.organisation.name != *organisation => {
                Err(ApiError::UnknownOrganisation)
            }
            _ => Ok(()),
        }
    }

    /// That they run Airlock.
    pub(crate) fn check_superadmin(&self) -> Result<(), ApiError> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(ApiError::Forbidden("the superadmin's token".to_owned())),
        }
    }

    /// Who they are, for the audit log.
    pub(crate) fn actor(&self) -> Actor {
        match &self.0 {
            None => Actor::Superadmin,
            Some(holder) => Actor::Key {
                organisation: holder.organisation.name.clone(),
                user: holder.user.name.clone(),
                key: holder.key.id.clone(),
            },
        }
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = &app.http.admin_token;
        if is_token(credential(&parts.headers), token) {
            return Ok(Self(None));
        }
        match app.accounts.auth {
            Auth::Keys => {
                let holder = authenticate(parts, app).await?;
                require(&holder, Scope::Admin)?;
                Ok(Self(Some(Box::new(holder))))
            }
            Auth::Open if token.expose().is_empty() => Err(ApiError::UnknownPath),
            Auth::Open => Err(ApiError::Unauthorized),
        }
    }
}

impl FromRequestParts<App> for Superadmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let admin = Admin::from_request_parts(parts, app).await?;
        admin.check_superadmin().map(|()| Self)
    }
}

fn is_token(given: Option<&[u8]>, token: &Secret) -> bool {
    let token = token.expose().as_bytes();
    !token.is_empty() && given.is_some_and(|given| given.ct_eq(token).into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::right("s3cret", Some("s3cret"), true)]
    #[case::wrong("s3cret", Some("s3creT"), false)]
    #[case::beginning("s3cret", Some("s3cre"), false)]
    #[case::more("s3cret", Some("s3cret2"), false)]
    #[case::none("s3cret", None, false)]
    #[case::empty("s3cret", Some(""), false)]
    #[case::not_set("", Some(""), false)]
    #[case::not_set_and_none("", None, false)]
    fn only_the_token_opens(
        #[case] token: &str,
        #[case] given: Option<&str>,
        #[case] expected: bool,
    ) {
        assert_eq!(is_token(given.map(str::as_bytes), &token.parse().unwrap()), expected);
    }
}
