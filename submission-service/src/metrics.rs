//! What the API counts.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use shared::metrics::SECONDS;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    /// The route, not the path: there are as many as there are endpoints.
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lang {
    lang: String,
}

/// The API's metrics.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Histogram, fn() -> Histogram>,
    accepted: Family<Lang, Counter>,
    waiting: Gauge,
}

/// Counts as one waiting client until dropped.
pub(crate) struct Waiter(Gauge);

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = shared::metrics::registry();
        let requests: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer",
            requests.clone(),
        );
        let accepted = Family::default();
        registry.register("submissions_accepted", "Submissions taken in", accepted.clone());
        let waiting = Gauge::default();
        registry.register(
            "waiting_clients",
            "Clients that wait for a submission to finish",
            waiting.clone(),
        );
        Self { registry, requests, accepted, waiting }
    }

    pub(crate) fn count_request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = Request { method: method.into(), route: route.into(), status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    pub(crate) fn count_accepted(&self, lang: &str) {
        self.accepted.get_or_create(&Lang { lang: lang.into() }).inc();
    }

    pub(crate) fn waiter(&self) -> Waiter {
        self.waiting.inc();
        Waiter(self.waiting.clone())
    }

    pub(crate) fn encode(&self) -> String {
        shared::metrics::encode(&self.registry)
    }
}
