//! What the worker counts.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use shared::metrics::SECONDS;
use shared::outcome::Verdict;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Execution {
    lang: String,
    verdict: &'static str,
}

/// The worker's metrics; cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    executions: Family<Execution, Counter>,
    /// Executions that could not be carried out and are tried again.
    pub(crate) sandbox_failures: Counter,
    /// Outcomes that were dropped because the submission had been taken over.
    pub(crate) stale_outcomes: Counter,
    /// Submissions that the queue had lost and was given again.
    pub(crate) requeued: Counter,
    /// Containers of dead workers that were removed.
    pub(crate) orphans_removed: Counter,
    /// Containers that ended while they were waiting for a submission.
    pub(crate) containers_lost: Counter,
    running: Gauge,
    ready: Gauge,
    start_seconds: Histogram,
    wait_seconds: Histogram,
}

/// Counts as one running submission until dropped.
pub(crate) struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = shared::metrics::registry();
        let executions = Family::default();
        registry.register("executions", "Submissions brought to an end", executions.clone());
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let sandbox_failures =
            counter("sandbox_failures", "Executions that could not be carried out");
        let stale_outcomes = counter("stale_outcomes", "Outcomes dropped for an old epoch");
        let requeued = counter("requeued", "Submissions that the queue had lost");
        let orphans_removed = counter("orphans_removed", "Containers of dead workers removed");
        let containers_lost =
            counter("containers_lost", "Containers that ended while they were waiting");
        let running = Gauge::default();
        registry.register("running", "Submissions being executed", running.clone());
        let ready = Gauge::default();
        registry.register("containers_ready", "Containers that wait for a job", ready.clone());
        let start_seconds = Histogram::new(SECONDS);
        registry.register(
            "sandbox_start_seconds",
            "Time from the request for a container until its runner is ready",
            start_seconds.clone(),
        );
        let wait_seconds = Histogram::new(SECONDS);
        registry.register(
            "container_wait_seconds",
            "Time that an execution waited for its container",
            wait_seconds.clone(),
        );
        Self {
            registry: Arc::new(registry),
            executions,
            sandbox_failures,
            stale_outcomes,
            requeued,
            orphans_removed,
            containers_lost,
            running,
            ready,
            start_seconds,
            wait_seconds,
        }
    }

    pub(crate) fn count_execution(&self, lang: &str, verdict: Verdict) {
        let labels = Execution { lang: lang.into(), verdict: verdict.as_str() };
        self.executions.get_or_create(&labels).inc();
    }

    pub(crate) fn observe_start(&self, took: Duration) {
        self.start_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn observe_wait(&self, took: Duration) {
        self.wait_seconds.observe(took.as_secs_f64());
    }

    /// So many containers are ready.
    pub(crate) fn containers_ready(&self, ready: usize) {
        self.ready.set(i64::try_from(ready).unwrap_or(i64::MAX));
    }

    pub(crate) fn running(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }

    pub(crate) fn encode(&self) -> String {
        shared::metrics::encode(&self.registry)
    }
}
