//! The API's settings.

use std::net::SocketAddr;

use shared::limits::CeilingSettings;
use shared::queue::QueueSettings;
use shared::settings::{Settings as _, SettingsError, Source};
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
    fn ceilings_that_cannot_be_are_reported_with_all_else() {
        let variables =
            [("AIRLOCK_MAX_OUTPUT_BYTES", "16777216"), ("AIRLOCK_HTTP_BODY_BYTES", "0")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let source = Source::new(None, variables.into()).unwrap();
        let error = Settings::load(source).unwrap_err().to_string();
        assert!(error.contains("AIRLOCK_MAX_OUTPUT_BYTES: larger than"), "{error}");
        assert!(error.contains("AIRLOCK_HTTP_BODY_BYTES: must be"), "{error}");
    }
}
