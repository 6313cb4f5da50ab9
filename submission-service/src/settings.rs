//! The API's settings.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderName;
use shared::limits::CeilingSettings;
use shared::placement::OverParallel;
use shared::queue::QueueSettings;
use shared::settings::{Secret, Settings as _, SettingsError, Source};
use shared::store::StoreSettings;
use shared::telemetry::TelemetrySettings;

shared::settings! {
    /// The API (submission-service).
    pub struct HttpSettings {
        /// Address and port. Whoever reaches it may run programs: there are no keys yet.
        pub listen: SocketAddr = "HTTP_LISTEN", "127.0.0.1:3005";
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
        /// no such header, and all are one tenant.
        pub tenant_header: TenantHeader = "TENANT_HEADER", "";
        /// Token of whoever runs Airlock, for the endpoints under /api/admin, as
        /// `Authorization: Bearer …`. Empty: there are no such endpoints.
        pub admin_token: Secret = "ADMIN_TOKEN", "";
        /// How long a submission that does not say otherwise may wait in the queue, in seconds;
        /// after that it is failed, with the reason `expired`. 0: for ever.
        pub queue_ttl_seconds: u32 = "QUEUE_TTL_SECONDS", "86400";
        /// Submissions of one user that may run at once; where nothing tells users apart, of one
        /// tenant. 0: any number.
        pub max_parallel: u32 = "DEFAULT_MAX_PARALLEL", "0";
        /// What happens to one more: `queue`, it waits; `reject`, it is answered 429; or
        /// `cancelOldest`, the oldest of them is cancelled for it, with the reason `superseded`.
        pub over_parallel: OverParallel = "DEFAULT_OVER_PARALLEL", "queue";
    }
}

impl HttpSettings {
    /// How long a submission that does not say otherwise may wait; None: for ever.
    pub(crate) fn queue_ttl(&self) -> Option<Duration> {
        (self.queue_ttl_seconds > 0).then(|| Duration::from_secs(self.queue_ttl_seconds.into()))
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

    #[test]
    fn a_tenant_header_has_the_name_of_a_header_or_is_none() {
        assert_eq!("".parse(), Ok(TenantHeader(None)));
        let header: TenantHeader = "X-Tenant".parse().unwrap();
        assert_eq!(header.name().unwrap(), "x-tenant");
        assert_eq!("a b".parse::<TenantHeader>(), Err(InvalidHeaderName));
    }
}
