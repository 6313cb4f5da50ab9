//! The worker's settings.

use std::net::SocketAddr;

use shared::language::LanguageSettings;
use shared::limits::LimitSettings;
use shared::queue::QueueSettings;
use shared::settings::{Settings as _, SettingsError, Source};
use shared::store::StoreSettings;
use shared::telemetry::TelemetrySettings;

shared::settings! {
    /// The worker (execution-service).
    pub struct WorkerSettings {
        /// Address and port of the worker's own `/healthz`, `/readyz` and `/metrics`.
        pub listen: SocketAddr = "WORKER_LISTEN", "127.0.0.1:3006";
        /// Submissions executed at once.
        pub concurrency: usize = "WORKER_CONCURRENCY", "4";
        /// How long running submissions may take to finish after SIGTERM, in seconds; what is not
        /// finished then is handed back to the queue.
        pub drain_seconds: u64 = "WORKER_DRAIN_SECONDS", "45";
    }
}

shared::settings! {
    /// Sandboxes.
    pub struct SandboxSettings {
        /// The runner's binary, which becomes a layer of each language's image.
        pub runner_path: String = "RUNNER_PATH", "/usr/lib/airlock/runner";
        /// CPUs of one sandbox; may be a fraction.
        pub cpus: f64 = "SANDBOX_CPUS", "1";
    }
}

/// More places than this on one worker are a mistake in the settings.
const MAX_CONCURRENCY: usize = 1024;

/// Everything the worker can be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The worker itself.
    pub worker: WorkerSettings,
    /// The sandboxes.
    pub sandbox: SandboxSettings,
    /// The limits of an execution.
    pub limits: LimitSettings,
    /// The languages.
    pub languages: LanguageSettings,
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
        let worker = WorkerSettings::read(&mut source);
        if worker.as_ref().is_some_and(|w| !(1..=MAX_CONCURRENCY).contains(&w.concurrency)) {
            source.reject("WORKER_CONCURRENCY", "must be between 1 and 1024");
        }
        let sandbox = SandboxSettings::read(&mut source);
        if sandbox.as_ref().is_some_and(|sandbox| !(0.01..=1024.0).contains(&sandbox.cpus)) {
            source.reject("SANDBOX_CPUS", "must be between 0.01 and 1024");
        }
        let limits = LimitSettings::read(&mut source);
        for (name, problem) in limits.iter().flat_map(LimitSettings::problems) {
            source.reject(name, problem);
        }
        let languages = LanguageSettings::read(&mut source);
        let store = StoreSettings::read(&mut source);
        let queue = QueueSettings::read(&mut source);
        let telemetry = TelemetrySettings::read(&mut source);
        let settings = (|| {
            Some(Self {
                worker: worker?,
                sandbox: sandbox?,
                limits: limits?,
                languages: languages?,
                store: store?,
                queue: queue?,
                telemetry: telemetry?,
            })
        })();
        source.finish(settings)
    }
}
