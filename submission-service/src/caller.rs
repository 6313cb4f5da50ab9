//! Whose request it is.
//!
//! Airlock has no accounts: whatever authenticates clients in front of it tells whose a request is,
//! in a header that the settings name.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use shared::placement::Tenant;
use shared::submission::Submission;

use crate::app::App;
use crate::error::ApiError;
use crate::settings::TenantHeader;

/// Who asks: a tenant, where requests tell which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller(Option<Tenant>);

impl Caller {
    /// Whose a submission of theirs is.
    pub(crate) fn tenant(&self) -> Tenant {
        self.0.clone().unwrap_or_default()
    }

    /// Whether nothing tells tenants apart: then whoever knows an id may know of its submission.
    pub(crate) fn sees_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether they may know of a submission of this tenant.
    pub(crate) fn may_see(&self, tenant: &Tenant) -> bool {
        self.0.as_ref().is_none_or(|mine| mine == tenant)
    }

    /// The submission, if they may know of it; else it is as if there were none.
    pub(crate) fn check<S: AsRef<Submission>>(&self, submission: S) -> Result<S, ApiError> {
        match self.may_see(&submission.as_ref().placement.tenant) {
            true => Ok(submission),
            false => Err(ApiError::UnknownSubmission),
        }
    }

    /// Reads the tenant's header, where there is to be one.
    fn of(headers: &HeaderMap, header: &TenantHeader) -> Result<Self, ApiError> {
        let Some(name) = header.name() else { return Ok(Self(None)) };
        let mut values = headers.get_all(name).iter();
        let tenant = match (values.next(), values.next()) {
            (None, _) => Some(Tenant::default()),
            (Some(value), None) => value.to_str().ok().and_then(|text| text.parse().ok()),
            // Which of them did the authentication write?
            (Some(_), Some(_)) => None,
        };
        tenant.map(|tenant| Self(Some(tenant))).ok_or_else(|| {
            ApiError::InvalidHeader(format!(
                "`{name}` must be there at most once, and be 1 to 64 letters, digits, `.`, `-` \
                 and `_`"
            ))
        })
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of(&parts.headers, &app.http.tenant_header)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    fn caller(setting: &str, values: &[&'static str]) -> Option<Caller> {
        let header = HeaderName::from_static("x-tenant");
        let values = values.iter().map(|value| (header.clone(), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        Caller::of(&headers, &setting.parse().unwrap()).ok()
    }

    #[rstest]
    #[case::told(&["acme"], Some("acme"))]
    #[case::not_told(&[], Some("default"))]
    #[case::empty(&[""], None)]
    #[case::no_name(&["a b"], None)]
    #[case::two(&["acme", "acme"], None)]
    fn the_header_that_is_set_names_the_tenant(
        #[case] values: &[&'static str],
        #[case] expected: Option<&str>,
    ) {
        let tenant = caller("X-Tenant", values).map(|caller| caller.tenant());
        assert_eq!(tenant.as_ref().map(Tenant::as_str), expected);
    }

    #[test]
    fn without_the_setting_the_header_means_nothing() {
        let anyone = caller("", &["acme"]).unwrap();
        assert_eq!(anyone.tenant(), Tenant::default());
        assert!(anyone.may_see(&"acme".parse().unwrap()), "whoever knows the id may");
    }

    #[test]
    fn no_tenant_sees_another_s() {
        let acme = caller("x-tenant", &["acme"]).unwrap();
        assert!(acme.may_see(&"acme".parse().unwrap()));
        assert!(!acme.may_see(&"other".parse().unwrap()));
        assert!(!acme.may_see(&Tenant::default()));
        let nobody = caller("x-tenant", &[]).unwrap();
        assert!(!nobody.may_see(&"acme".parse().unwrap()));
    }
}
