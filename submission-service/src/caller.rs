//! Whose request it is.
//!
//! Where there are accounts, a key tells. Where there are none, whatever authenticates clients in front
//! of the API may tell whose a request is, in a header that the settings name.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use shared::accounts::policy::{Account, Effective, Policy, SystemPolicy, effective};
use shared::accounts::{Holder, Scope};
use shared::placement::{Parallel, Tenant, UserName};
use shared::submission::Submission;

use crate::app::App;
use crate::authentication::{authenticate, require};
use crate::error::ApiError;
use crate::quotas::Quotas;
use crate::rates;
use crate::settings::{Auth, TenantHeader};

/// Who asks: a tenant, where requests tell which, and a user of it, where there are accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    tenant: Option<Tenant>,
    user: Option<UserName>,
    /// What they may use.
    pub(crate) allowed: Effective,
    /// How much of it.
    pub(crate) quotas: Quotas,
}

/// A caller who may submit and cancel.
pub(crate) struct Submitter(pub(crate) Caller);

/// A caller who may read.
pub(crate) struct Reader(pub(crate) Caller);

impl Caller {
    /// Whose a submission of theirs is.
    pub(crate) fn tenant(&self) -> Tenant {
        self.tenant.clone().unwrap_or_default()
    }

    /// On whose account it is executed.
    pub(crate) fn account(&self) -> Option<Account> {
        let allowance = || self.allowed.allowance.clone();
        self.user.clone().map(|user| Account { user, allowance: allowance() })
    }

    /// How many of theirs may run at once; `None`: any number. Only with a user's name is it told
    /// whose slot a slot is. Without users, it is as if each tenant had one of its own name.
    pub(crate) fn parallel(&self, slot: Option<&str>) -> Option<Parallel> {
        let user = self.user.as_ref().map_or_else(|| self.tenant().into(), |user| user.to_string());
        let (max, over) = self.allowed.parallel;
        (max > 0 || slot.is_some()).then_some(Parallel { user, max, over })
    }

    /// Whether nothing tells tenants apart: then whoever knows an id may know of its submission.
    pub(crate) fn sees_all(&self) -> bool {
        self.tenant.is_none()
    }

    /// Whether they may know of a submission of this tenant.
    pub(crate) fn may_see(&self, tenant: &Tenant) -> bool {
        self.tenant.as_ref().is_none_or(|mine| mine == tenant)
    }

    /// The submission, if they may know of it; else it is as if there were none.
    pub(crate) fn check<S: AsRef<Submission>>(&self, submission: S) -> Result<S, ApiError> {
        match self.may_see(&submission.as_ref().placement.tenant) {
            true => Ok(submission),
            false => Err(ApiError::UnknownSubmission),
        }
    }

    /// Whoever holds a key.
    fn holder(system: &SystemPolicy, holder: &Holder) -> Self {
        let (organisation, user) = (&holder.organisation, &holder.user);
        Self {
            tenant: Some(organisation.name.clone()),
            user: Some(user.name.clone()),
            allowed: effective(system, &organisation.policy, &user.policy),
            quotas: Quotas::of(holder),
        }
    }

    /// Whom the tenant's header names, where there is to be one.
    fn named(
        system: &SystemPolicy,
        headers: &HeaderMap,
        header: &TenantHeader,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            tenant: named(headers, header)?,
            user: None,
            allowed: effective(system, &Policy::default(), &Policy::default()),
            quotas: Quotas::default(),
        })
    }

    /// Whoever sends this request. What it takes to find out is boxed: a request that waits for long
    /// keeps the place that it took.
    async fn of(parts: &Parts, app: &App, scope: Scope) -> Result<Self, ApiError> {
        Box::pin(Self::find(parts, app, scope)).await
    }

    async fn find(parts: &Parts, app: &App, scope: Scope) -> Result<Self, ApiError> {
        match app.accounts.auth {
            Auth::Open => {
                let rates = rates::of_address(parts, app.accounts.address_rate);
                rates::take(parts, app, &rates).await?;
                Self::named(&app.system, &parts.headers, &app.http.tenant_header)
            }
            Auth::Keys => {
                let holder = authenticate(parts, app).await?;
                require(&holder, scope)?;
                Ok(Self::holder(&app.system, &holder))
            }
        }
    }
}

/// Reads the tenant's header.
fn named(headers: &HeaderMap, header: &TenantHeader) -> Result<Option<Tenant>, ApiError> {
    let Some(name) = header.name() else { return Ok(None) };
    let mut values = headers.get_all(name).iter();
    let tenant = match (values.next(), values.next()) {
        (None, _) => Some(Tenant::default()),
        (Some(value), None) => value.to_str().ok().and_then(|text| text.parse().ok()),
        // Which of them did the authentication write?
        (Some(_), Some(_)) => None,
    };
    tenant.map(Some).ok_or_else(|| {
        ApiError::InvalidHeader(format!(
            "`{name}` must be there at most once, and be 1 to 64 letters, digits, `.`, `-` and `_`"
        ))
    })
}

impl FromRequestParts<App> for Submitter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Caller::of(parts, app, Scope::Submit).await.map(Self)
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Caller::of(parts, app, Scope::Read).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use rstest::rstest;
    use shared::placement::OverParallel;
    use shared::settings::{Settings, Source};

    use super::*;

    fn caller(setting: &str, values: &[&'static str]) -> Option<Caller> {
        let header = HeaderName::from_static("x-tenant");
        let values = values.iter().map(|value| (header.clone(), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        let mut source = Source::new(None, Default::default()).unwrap();
        let system = SystemPolicy {
            ceilings: Settings::read(&mut source).unwrap(),
            network: false,
            retention_seconds: None,
            runtimes: Vec::new(),
            max_parallel: 0,
            over_parallel: OverParallel::Queue,
        };
        Caller::named(&system, &headers, &setting.parse().unwrap()).ok()
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

    #[rstest]
    #[case::neither(0, None, None)]
    #[case::slot_of_one_without_a_bound(0, Some("tab"), Some(0))]
    #[case::bound(2, None, Some(2))]
    fn whose_a_submission_is_is_told_where_it_matters(
        #[case] max: u32,
        #[case] slot: Option<&str>,
        #[case] expected: Option<u32>,
    ) {
        let mut caller = caller("X-Tenant", &["acme"]).unwrap();
        caller.allowed.parallel = (max, OverParallel::Reject);
        let of = |user: &str| {
            let user = user.to_owned();
            expected.map(|max| Parallel { user, max, over: OverParallel::Reject })
        };
        assert_eq!(
            caller.parallel(slot),
            of("acme"),
            "where there are no users, the tenant is one"
        );
        caller.user = Some("ann".parse().unwrap());
        assert_eq!(caller.parallel(slot), of("ann"));
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
