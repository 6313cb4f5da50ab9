//! The worker's settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;

use shared::language::LanguageSettings;
use shared::limits::{CeilingSettings, LimitSettings};
use shared::placement::PoolName;
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
        /// The pools that this worker serves, by name, with `,` between them.
        pub pools: PoolNames = "POOLS", "default";
        /// How long running submissions may take to finish after SIGTERM, in seconds; what is not
        /// finished then, or at a second SIGTERM, is handed back to the queue. By default longer than
        /// any submission may take.
        pub drain_seconds: u64 = "WORKER_DRAIN_SECONDS", "440";
    }
}

shared::settings! {
    /// Sandboxes.
    pub struct SandboxSettings {
        /// The runner's binary, which becomes a layer of each language's image.
        pub runner_path: String = "RUNNER_PATH", "/usr/lib/airlock/runner";
        /// CPUs of one sandbox; may be a fraction.
        pub cpus: f64 = "SANDBOX_CPUS", "1";
        /// Container runtime, as the Docker engine knows it, such as `runsc` or `kata`. Empty: the
        /// engine's own choice, which shares the host's kernel.
        pub runtime: String = "SANDBOX_RUNTIME", "";
        /// Network of the Docker engine for submissions whose account may have one (POLICY_NETWORK).
        /// What it reaches, their programs reach: it must not lead to this host, to others inside, or to
        /// a cloud's metadata. Empty: no program has a network.
        pub network: String = "SANDBOX_NETWORK", "";
        /// Cgroup that all sandboxes are in, such as `/airlock`, or `airlock.slice` where the engine
        /// uses systemd. Whoever runs the host can give it a weight. Empty: the engine's own choice.
        pub cgroup_parent: String = "SANDBOX_CGROUP_PARENT", "";
        /// The most that the files a program leaves may come to in a result, in bytes. At most
        /// 1 MiB, for a result must fit into one document of the store.
        pub artifact_bytes: u64 = "ARTIFACT_BYTES", "1048576";
    }
}

shared::settings! {
    /// Containers that are started ahead of need.
    pub struct PoolSettings {
        /// Containers that wait for a submission, of all languages together. Which languages they
        /// are of follows what is submitted. Each takes up to 15 MiB of the host's memory.
        pub ready: usize = "POOL_READY", "8";
        /// Of these, how many are kept for some languages whatever is submitted, such as
        /// `python=2,cpp=1`.
        pub languages: ReadyCounts = "POOL_READY_LANGUAGES", "";
        /// Containers that are started at once. More than the host has CPUs gains nothing.
        pub parallel_starts: usize = "POOL_PARALLEL_STARTS", "2";
    }
}

/// Numbers of containers by language, written `python=2,cpp=1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadyCounts(BTreeMap<String, usize>);

impl ReadyCounts {
    /// The number for a language; 0 if it is not named.
    pub fn of(&self, lang: &str) -> usize {
        self.0.get(lang).copied().unwrap_or(0)
    }

    fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// The languages that are named.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromStr for ReadyCounts {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let parse = |pair: &str| {
            let (lang, count) = pair.split_once('=')?;
            Some((lang.trim().to_owned(), count.trim().parse().ok()?))
        };
        let counts: Option<_> = pairs.map(parse).collect();
        counts.map(Self).ok_or("not of the form `python=2,cpp=1`")
    }
}

/// Names of pools, one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolNames(Vec<PoolName>);

impl PoolNames {
    /// The names, each once.
    pub fn names(&self) -> &[PoolName] {
        &self.0
    }
}

impl FromStr for PoolNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut names = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let name = name.parse().map_err(|problem| format!("`{name}`: {problem}"))?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names.is_empty() {
            true => Err("names no pool".to_owned()),
            false => Ok(Self(names)),
        }
    }
}

impl SandboxSettings {
    /// The container runtime, if one was chosen.
    pub(crate) fn runtime(&self) -> Option<&str> {
        Some(self.runtime.as_str()).filter(|runtime| !runtime.is_empty())
    }

    /// The network to give, if there is one.
    pub(crate) fn network(&self) -> Option<&str> {
        Some(self.network.as_str()).filter(|network| !network.is_empty())
    }

    /// The cgroup of all sandboxes, if one was chosen.
    pub(crate) fn cgroup_parent(&self) -> Option<&str> {
        Some(self.cgroup_parent.as_str()).filter(|parent| !parent.is_empty())
    }

    fn check(&self, source: &mut Source) {
        if !(0.01..=1024.0).contains(&self.cpus) {
            source.reject("SANDBOX_CPUS", "must be between 0.01 and 1024");
        }
        if self.artifact_bytes > MAX_ARTIFACT_BYTES {
            source.reject("ARTIFACT_BYTES", "must be at most 1048576");
        }
    }
}

impl PoolSettings {
    fn check(&self, source: &mut Source) {
        if self.ready > MAX_CONCURRENCY {
            source.reject("POOL_READY", "must be at most 1024");
        }
        if self.languages.total() > self.ready {
            source.reject("POOL_READY_LANGUAGES", "is more than POOL_READY together");
        }
        if !(1..=MAX_PARALLEL_STARTS).contains(&self.parallel_starts) {
            source.reject("POOL_PARALLEL_STARTS", "must be between 1 and 64");
        }
    }
}

/// More places or containers than this on one worker are a mistake in the settings.
const MAX_CONCURRENCY: usize = 1024;

/// An engine that starts many containers at once starts each more slowly, and may stall.
const MAX_PARALLEL_STARTS: usize = 64;

/// With the source and all output, it must fit into one document of 16 MiB.
const MAX_ARTIFACT_BYTES: u64 = 1024 * 1024;

/// Everything the worker can be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The worker itself.
    pub worker: WorkerSettings,
    /// The sandboxes.
    pub sandbox: SandboxSettings,
    /// The containers that wait.
    pub pool: PoolSettings,
    /// The limits of an execution.
    pub limits: LimitSettings,
    /// The most that a submission may ask for.
    pub ceilings: CeilingSettings,
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
        if let Some(sandbox) = &sandbox {
            sandbox.check(&mut source);
        }
        let pool = PoolSettings::read(&mut source);
        if let Some(pool) = &pool {
            pool.check(&mut source);
        }
        let limits = LimitSettings::read(&mut source);
        for (name, problem) in limits.iter().flat_map(LimitSettings::problems) {
            source.reject(name, problem);
        }
        let ceilings = CeilingSettings::read(&mut source);
        for (name, problem) in ceilings.iter().flat_map(CeilingSettings::problems) {
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
                pool: pool?,
                limits: limits?,
                ceilings: ceilings?,
                languages: languages?,
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
    fn ready_counts_are_read_by_language() {
        let counts: ReadyCounts = "python=2, cpp=1,".parse().unwrap();
        assert_eq!((counts.of("python"), counts.of("cpp"), counts.of("c")), (2, 1, 0));
        assert_eq!(counts.total(), 3);
        assert_eq!("".parse(), Ok(ReadyCounts::default()));
        for wrong in ["python", "python=", "python=two", "python=-1"] {
            assert!(wrong.parse::<ReadyCounts>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn pools_are_read_by_name() {
        let pools: PoolNames = "default, gpu,default,".parse().unwrap();
        assert_eq!(pools.names(), ["default".parse().unwrap(), "gpu".parse().unwrap()]);
        for wrong in ["", ",", "a b", "default,a:b"] {
            assert!(wrong.parse::<PoolNames>().is_err(), "{wrong}");
        }
    }
}
