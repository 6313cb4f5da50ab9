//! Who may do what only an operator may: whoever has the token of the settings.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::http::request::Parts;
use shared::settings::Secret;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::error::ApiError;

/// A request with the operator's token. Where the settings have none, there is nothing at the paths
/// that want it.
pub(crate) struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        authorize(&parts.headers, &app.http.admin_token)
    }
}

fn authorize(headers: &HeaderMap, token: &Secret) -> Result<Admin, ApiError> {
    let token = token.expose().as_bytes();
    if token.is_empty() {
        return Err(ApiError::UnknownPath);
    }
    let given = headers.get(AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
    match given.is_some_and(|given| given.ct_eq(token).into()) {
        true => Ok(Admin),
        false => Err(ApiError::Unauthorized),
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::right("s3cret", Some("Bearer s3cret"), "ok")]
    #[case::scheme_in_other_letters("s3cret", Some("bearer  s3cret"), "ok")]
    #[case::wrong("s3cret", Some("Bearer s3creT"), "unauthorized")]
    #[case::beginning("s3cret", Some("Bearer s3cre"), "unauthorized")]
    #[case::more("s3cret", Some("Bearer s3cret2"), "unauthorized")]
    #[case::none("s3cret", None, "unauthorized")]
    #[case::other_scheme("s3cret", Some("Basic s3cret"), "unauthorized")]
    #[case::no_scheme("s3cret", Some("s3cret"), "unauthorized")]
    #[case::empty("s3cret", Some("Bearer "), "unauthorized")]
    #[case::not_set("", Some("Bearer "), "unknownPath")]
    #[case::not_set_and_none("", None, "unknownPath")]
    fn only_the_token_opens(
        #[case] token: &str,
        #[case] given: Option<&'static str>,
        #[case] expected: &str,
    ) {
        let headers = given.map(|value| (AUTHORIZATION, HeaderValue::from_static(value)));
        let answer = authorize(&HeaderMap::from_iter(headers), &token.parse().unwrap());
        assert_eq!(answer.map_or_else(|error| error.code().0, |_| "ok"), expected);
    }
}
