//! The API's settings.

use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderName;
use shared::accounts::policy::SystemPolicy;
use shared::limits::CeilingSettings;
use shared::placement::OverParallel;
use shared::queue::QueueSettings;
use shared::settings::{Secret, Settings as _, SettingsError, Source};
use shared::store::StoreSettings;
use shared::telemetry::TelemetrySettings;

shared::settings! {
    /// The API (submission-service).
    pub struct HttpSettings {
        /// Address and port. Whoever reaches it may run programs, unless AUTH is `keys`.
        pub listen: SocketAddr = "HTTP_LISTEN", "127.0.0.1:3005";
        /// Address by which it is really reached, where it listens in a container or behind a proxy.
        /// Empty: that of HTTP_LISTEN.
        pub published: Published = "HTTP_PUBLISHED", "";
        /// Largest request body, in bytes. At most 3 MiB, for a submission and its result must fit
        /// into one document of the store.
        pub body_bytes: usize = "HTTP_BODY_BYTES", "1048576";
        /// How long a client may take to send the next part of a body, in seconds.
        pub body_timeout_seconds: u64 = "HTTP_BODY_TIMEOUT_SECONDS", "30";
        /// Requests handled at once, waiting ones included; one more is answered 503.
        pub max_requests: usize = "HTTP_MAX_REQUESTS", "20000";
        /// Name of the request header that says whose a request is: 1 to 64 letters, digits, `.`,
        /// `-` and `_`; without it, a request is of the tenant `default`. Tenants share the workers
        /// fairly and do not see each other's submissions. To be set by what authenticates clients
        /// in front of the API, which must not let a client's own header through. Empty: there is
        /// no such header, and all are one tenant. Only where AUTH is `open`: a key tells whose a
        /// request is.
        pub tenant_header: TenantHeader = "TENANT_HEADER", "";
        /// Token of whoever runs Airlock, for the endpoints under /api/admin, as
        /// `Authorization: Bearer …`. Empty: there are no such endpoints.
        pub admin_token: Secret = "ADMIN_TOKEN", "";
        /// How long a submission that does not say otherwise may wait in the queue, in seconds;
        /// after that it is failed, with the reason `expired`. 0: for ever.
        pub queue_ttl_seconds: u32 = "QUEUE_TTL_SECONDS", "86400";
    }
}

impl HttpSettings {
    /// How long a submission that does not say otherwise may wait; None: for ever.
    pub(crate) fn queue_ttl(&self) -> Option<Duration> {
        (self.queue_ttl_seconds > 0).then(|| Duration::from_secs(self.queue_ttl_seconds.into()))
    }
}

shared::settings! {
    /// Accounts (submission-service).
    pub struct AccountSettings {
        /// Who may use the API. `open`: whoever reaches it. `keys`: whoever has a key, which belongs to
        /// a user of an organisation; see /api/admin.
        pub auth: Auth = "AUTH", "open";
        /// Whether AUTH may be `open` although others than this machine reach the API. Then everybody
        /// who does may run programs here.
        pub open_beyond_loopback: bool = "AUTH_OPEN_BEYOND_LOOPBACK", "false";
        /// Submissions of one user that may run at once, where no policy says otherwise; where AUTH is
        /// `open`, of one tenant. 0: any number. Empty: 2 where AUTH is `keys`, else any number.
        pub max_parallel: MaxParallel = "DEFAULT_MAX_PARALLEL", "";
        /// What happens to one more, where no policy says otherwise: `queue`, it waits; `reject`, it is
        /// answered 429; or `cancelOldest`, the oldest of them is cancelled for it, with the reason
        /// `superseded`.
        pub over_parallel: OverParallel = "DEFAULT_OVER_PARALLEL", "queue";
        /// Whether the policy of an organisation or a user may give its programs a network; workers have
        /// one to give where they have SANDBOX_NETWORK.
        pub network: bool = "POLICY_NETWORK", "false";
        /// Container runtimes that the policy of an organisation or a user may name, with `,` between
        /// them; the Docker engine of every worker must know them. Where no policy names one,
        /// SANDBOX_RUNTIME holds.
        pub runtimes: Names = "RUNTIMES", "";
        /// Requests within a minute from one address (of IPv6: from one /64 network) where AUTH is
        /// `open`. Behind a proxy, all have its address. 0: any number.
        pub address_rate: u32 = "ADDRESS_REQUESTS_PER_MINUTE", "0";
    }
}

/// Who may use the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Whoever reaches it.
    Open,
    /// Whoever has a key.
    Keys,
}

impl FromStr for Auth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "keys" => Ok(Self::Keys),
            _ => Err("is neither `open` nor `keys`"),
        }
    }
}

/// An address by which the API is reached, if another than it listens on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published(Option<IpAddr>);

impl FromStr for Published {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text {
            "" => Ok(Self(None)),
            address => address.parse().map(|address| Self(Some(address))),
        }
    }
}

/// How many of a user's submissions may run at once, if that is not as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MaxParallel(Option<u32>);

impl MaxParallel {
    /// How many; 0: any number.
    fn where_auth_is(self, auth: Auth) -> u32 {
        self.0.unwrap_or(match auth {
            Auth::Open => 0,
            Auth::Keys => 2,
        })
    }
}

impl FromStr for MaxParallel {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        match text {
            "" => Ok(Self(None)),
            number => number.parse().map(|number| Self(Some(number))),
        }
    }
}

/// Words with `,` between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl FromStr for Names {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self(names.map(str::to_owned).collect()))
    }
}

impl AccountSettings {
    /// What the settings say of policies.
    pub(crate) fn system_policy(
        &self,
        ceilings: &CeilingSettings,
        store: &StoreSettings,
    ) -> SystemPolicy {
        SystemPolicy {
            ceilings: ceilings.clone(),
            network: self.network,
            retention_seconds: (store.retention_seconds > 0).then_some(store.retention_seconds),
            runtimes: self.runtimes.0.clone(),
            max_parallel: self.max_parallel.where_auth_is(self.auth),
            over_parallel: self.over_parallel,
        }
    }

    /// Whether everybody may use an API that others than this machine reach.
    pub fn is_open_beyond_loopback(&self, http: &HttpSettings) -> bool {
        let reached_by = http.published.0.unwrap_or(http.listen.ip());
        self.auth == Auth::Open && !reached_by.to_canonical().is_loopback()
    }

    fn check(&self, http: &HttpSettings, source: &mut Source) {
        if self.is_open_beyond_loopback(http) && !self.open_beyond_loopback {
            source.reject(
                "AUTH",
                "is `open`, but others than this machine reach the API: set it to `keys`, or \
                 AIRLOCK_AUTH_OPEN_BEYOND_LOOPBACK to `true` if everybody is to run programs here",
            );
        }
        if self.auth == Auth::Keys && http.tenant_header.name().is_some() {
            source.reject("TENANT_HEADER", "has no meaning where AUTH is `keys`");
        }
    }
}

/// The header that names a request's tenant, if there is to be one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantHeader(Option<HeaderName>);

impl TenantHeader {
    /// The header's name.
    pub fn name(&self) -> Option<&HeaderName> {
        self.0.as_ref()
    }
}

/// Text that cannot be a header's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a header")]
pub struct InvalidHeaderName;

impl FromStr for TenantHeader {
    type Err = InvalidHeaderName;

    fn from_str(text: &str) -> Result<Self, InvalidHeaderName> {
        match text {
            "" => Ok(Self(None)),
            name => name.parse().map(|name| Self(Some(name))).map_err(|_| InvalidHeaderName),
        }
    }
}

/// The largest body that can be configured: with its outcome, it must fit into one document of
/// 16 MiB. What is stored of a body is hardly larger than the body: lists are short, and base64
/// shrinks.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// Everything the API can be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The API itself.
    pub http: HttpSettings,
    /// Who may use it, and how much of it.
    pub accounts: AccountSettings,
    /// The most that a submission may ask for.
    pub ceilings: CeilingSettings,
    /// The store.
    pub store: StoreSettings,
    /// The queue.
    pub queue: QueueSettings,
    /// Logs.
    pub telemetry: TelemetrySettings,
}

impl Settings {
    /// Reads all settings, or reports everything that is wrong with them.
    pub fn load(mut source: Source) -> Result<Self, SettingsError> {
        let http = HttpSettings::read(&mut source);
        if http.as_ref().is_some_and(|http| !(1..=MAX_BODY_BYTES).contains(&http.body_bytes)) {
            source.reject("HTTP_BODY_BYTES", "must be between 1 and 3145728");
        }
        let accounts = AccountSettings::read(&mut source);
        if let (Some(accounts), Some(http)) = (&accounts, &http) {
            accounts.check(http, &mut source);
        }
        let ceilings = CeilingSettings::read(&mut source);
        for (name, problem) in ceilings.iter().flat_map(CeilingSettings::problems) {
            source.reject(name, problem);
        }
        let store = StoreSettings::read(&mut source);
        let queue = QueueSettings::read(&mut source);
        let telemetry = TelemetrySettings::read(&mut source);
        let settings = (|| {
            Some(Self {
                http: http?,
                accounts: accounts?,
                ceilings: ceilings?,
                store: store?,
                queue: queue?,
                telemetry: telemetry?,
            })
        })();
        source.finish(settings)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn what_cannot_be_is_reported_with_all_else() {
        let variables =
            [("AIRLOCK_MAX_OUTPUT_BYTES", "16777216"), ("AIRLOCK_HTTP_BODY_BYTES", "0")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let source = Source::new(None, variables.into()).unwrap();
        let error = Settings::load(source).unwrap_err().to_string();
        assert!(error.contains("AIRLOCK_MAX_OUTPUT_BYTES: larger than"), "{error}");
        assert!(error.contains("AIRLOCK_HTTP_BODY_BYTES: must be"), "{error}");
    }

    #[rstest]
    #[case::loopback(&[], None)]
    #[case::loopback_by_another_name(&[("HTTP_LISTEN", "[::1]:1")], None)]
    #[case::mapped(&[("HTTP_LISTEN", "[::ffff:127.0.0.1]:1")], None)]
    #[case::everywhere(&[("HTTP_LISTEN", "0.0.0.0:1")], Some("AIRLOCK_AUTH: is `open`, but"))]
    #[case::everywhere_by_ipv6(&[("HTTP_LISTEN", "[::]:1")], Some("AIRLOCK_AUTH: is `open`, but"))]
    #[case::in_a_container(
        &[("HTTP_LISTEN", "0.0.0.0:1"), ("HTTP_PUBLISHED", "127.0.0.1")], None
    )]
    #[case::published(&[("HTTP_PUBLISHED", "192.0.2.1")], Some("AIRLOCK_AUTH: is `open`, but"))]
    #[case::insisted_upon(
        &[("HTTP_LISTEN", "0.0.0.0:1"), ("AUTH_OPEN_BEYOND_LOOPBACK", "true")], None
    )]
    #[case::with_keys(&[("HTTP_LISTEN", "0.0.0.0:1"), ("AUTH", "keys")], None)]
    #[case::with_keys_and_header(
        &[("TENANT_HEADER", "x-tenant"), ("AUTH", "keys")], Some("AIRLOCK_TENANT_HEADER: has no")
    )]
    #[case::neither(&[("AUTH", "none")], Some("AIRLOCK_AUTH: is neither"))]
    fn nobody_opens_the_api_to_everybody_by_mistake(
        #[case] variables: &[(&str, &str)],
        #[case] problem: Option<&str>,
    ) {
        let name = |name: &str| format!("AIRLOCK_{name}");
        let variables = variables.iter().map(|(named, value)| (name(named), (*value).to_owned()));
        let source = Source::new(None, variables.collect()).unwrap();
        match (Settings::load(source), problem) {
            (Ok(_), None) => {}
            (Err(error), Some(problem)) => assert!(error.to_string().contains(problem), "{error}"),
            (loaded, problem) => panic!("{problem:?} expected: {:?}", loaded.err()),
        }
    }

    #[rstest]
    #[case("", Auth::Open, Ok(0))]
    #[case("", Auth::Keys, Ok(2))]
    #[case("0", Auth::Keys, Ok(0))]
    #[case("3", Auth::Open, Ok(3))]
    #[case("-1", Auth::Open, Err(()))]
    fn only_who_has_a_key_is_limited_unless_the_setting_says(
        #[case] text: &str,
        #[case] auth: Auth,
        #[case] expected: Result<u32, ()>,
    ) {
        let parsed = text.parse().map(|max: MaxParallel| max.where_auth_is(auth));
        assert_eq!(parsed.map_err(drop), expected);
    }

    #[test]
    fn a_tenant_header_has_the_name_of_a_header_or_is_none() {
        assert_eq!("".parse(), Ok(TenantHeader(None)));
        let header: TenantHeader = "X-Tenant".parse().unwrap();
        assert_eq!(header.name().unwrap(), "x-tenant");
        assert_eq!("a b".parse::<TenantHeader>(), Err(InvalidHeaderName));
    }
}
