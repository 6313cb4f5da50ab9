//! Who a request's key says it is from.
//!
//! Whatever is wrong with a key, or that there is none, the same question is asked of the store, the
//! same comparison made, and the same answer given. Nothing is remembered from one request to the
//! next: a key that was revoked is refused at once, by every API.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use bson::DateTime;
use shared::accounts::key::Presented;
use shared::accounts::{Holder, Scope};

use crate::app::App;
use crate::error::ApiError;
use crate::rates;

const API_KEY: &str = "x-api-key";

/// What a request presents as its key or token: `Authorization: Bearer …`, or `X-API-Key: …`.
pub(crate) fn credential(headers: &HeaderMap) -> Option<&[u8]> {
    let header = |name: &str| {
        let mut values = headers.get_all(name).iter();
        // Of two, neither is meant.
        values.next().filter(|_| values.next().is_none()).map(|value| value.as_bytes())
    };
    match headers.contains_key(AUTHORIZATION) {
        true => header(AUTHORIZATION.as_str()).and_then(bearer),
        false => header(API_KEY),
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim_ascii())
}

/// The holder of the request's key, if that is good and neither it nor its user nor its organisation
/// has had too many requests.
pub(crate) async fn authenticate(parts: &Parts, app: &App) -> Result<Holder, ApiError> {
    let presented = Presented::of(credential(&parts.headers));
    let found = app.store.holder(&presented).await?;
    let now = DateTime::now();
    let holder = presented.check(found, now).ok_or(ApiError::Unauthorized)?;
    rates::take(parts, app, &rates::of_holder(&holder)).await?;
    if let Err(error) = app.store.note_use(&holder.key, now).await {
        tracing::warn!(error = ?error, "use of a key not noted");
    }
    Ok(holder)
}

/// That a key is for this.
pub(crate) fn require(holder: &Holder, scope: Scope) -> Result<(), ApiError> {
    match holder.key.scopes.contains(&scope) {
        true => Ok(()),
        false => Err(ApiError::Forbidden(format!("the scope `{}`", scope.as_str()))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bearer(&[("authorization", "Bearer a")], Some("a"))]
    #[case::in_other_letters(&[("authorization", "bEARER  a ")], Some("a"))]
    #[case::api_key(&[("x-api-key", "a")], Some("a"))]
    #[case::both(&[("authorization", "Bearer a"), ("x-api-key", "b")], Some("a"))]
    #[case::other_scheme(&[("authorization", "Basic a")], None)]
    #[case::other_scheme_and_key(&[("authorization", "Basic a"), ("x-api-key", "b")], None)]
    #[case::no_scheme(&[("authorization", "a")], None)]
    #[case::two(&[("authorization", "Bearer a"), ("authorization", "Bearer a")], None)]
    #[case::two_keys(&[("x-api-key", "a"), ("x-api-key", "b")], None)]
    #[case::none(&[], None)]
    fn a_key_is_in_one_of_two_headers(
        #[case] headers: &[(&'static str, &'static str)],
        #[case] expected: Option<&str>,
    ) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        assert_eq!(credential(&map), expected.map(str::as_bytes));
    }
}
