//! One whole Airlock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::language::{Folders, Language};
use shared::placement::PoolName;
use shared::queue::{Queue, QueueSettings};
use shared::settings::{Settings, Source};
use shared::store::{Store, StoreSettings};
use shared::workers::{OFFER, Offer};
use tokio::time::{sleep, timeout};

use crate::{Client, Process, docker, eventually, given};

/// How a system differs from the usual.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Replaces `host:port` of MongoDB.
    pub mongodb: Option<String>,
    /// Replaces all of MongoDB's URL.
    pub mongodb_url: Option<String>,
    /// Replaces `host:port` of Redis.
    pub redis: Option<String>,
    /// Replaces the Docker engine, as `DOCKER_HOST` names one.
    pub docker_host: Option<String>,
    /// Further settings of all processes.
    pub settings: Vec<(&'static str, &'static str)>,
}

/// An API and its workers, with a database and a key prefix that nobody else has.
pub struct System {
    /// Speaks to the API.
    pub client: Client,
    /// The API.
    pub api: Process,
    /// The workers.
    pub workers: Vec<Process>,
    settings: Vec<(String, String)>,
    /// Whoever claims to serve where no worker does.
    nobody: Option<AbortOnDrop>,
}

/// A task that ends with what it is for.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl System {
    /// Starts an API and `workers` workers, and waits until they serve.
    pub async fn start(workers: usize) -> Self {
        Self::start_with(workers, Options::default()).await
    }

    /// The same, with options.
    pub async fn start_with(workers: usize, options: Options) -> Self {
        let settings = settings(options);
        let api = Process::start(&binary("submission-service"), &settings);
        let client = Client::new(api.address("listening").await);
        let mut system = Self { client, api, workers: Vec::new(), settings, nobody: None };
        for _ in 0..workers {
            system.workers.push(Process::start(&binary("execution-service"), &system.settings));
        }
        for worker in &system.workers {
            worker.address("serving").await;
        }
        if workers == 0 {
            system.nobody = Some(system.claim_to_serve());
        }
        knows_what_is_served(&system.client).await;
        system
    }

    /// Says what a worker would, again and again: with none, nothing could be submitted.
    fn claim_to_serve(&self) -> AbortOnDrop {
        let dirs = setting(&self.settings, "AIRLOCK_LANGUAGES_DIR").parse().unwrap();
        let folders = Folders::load(&dirs).unwrap();
        let version = Some("of nobody".to_owned());
        let offer = |language: &Language| Offer {
            language: language.clone(),
            version: version.clone(),
            environment: None,
        };
        let offers: Vec<Offer> = folders.languages.iter().map(offer).collect();
        let queue = self.queue();
        AbortOnDrop(tokio::spawn(async move {
            loop {
                // Redis may be away for a moment, as tests have it.
                let _ = queue.announce("nobody", &[PoolName::default()], &offers).await;
                sleep(OFFER / 6).await;
            }
        }))
    }

    /// Starts one more worker and waits until it serves.
    pub async fn add_worker(&mut self) {
        let worker = Process::start(&binary("execution-service"), &self.settings);
        worker.address("serving").await;
        self.workers.push(worker);
    }

    /// Starts one more API, which is no part of the system, and a client of it.
    pub async fn another_api(&self) -> (Process, Client) {
        let api = Process::start(&binary("submission-service"), &self.settings);
        let client = Client::new(api.address("listening").await);
        knows_what_is_served(&client).await;
        (api, client)
    }

    /// Starts one more worker, with further settings, that is no part of the system.
    pub fn worker_with(&self, settings: &[(&str, &str)]) -> Process {
        let further = settings.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let settings: Vec<_> = self.settings.iter().cloned().chain(further).collect();
        Process::start(&binary("execution-service"), &settings)
    }

    /// Builds a language's image, as `execution-service images` does.
    pub async fn build_image(&self, lang: &str) {
        let mut command = tokio::process::Command::new(binary("execution-service"));
        command.args(["images", lang]).envs(self.settings.iter().cloned());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What all its processes are told.
    pub fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// What begins this system's keys and marks its containers.
    pub fn prefix(&self) -> &str {
        setting(&self.settings, "AIRLOCK_KEY_PREFIX")
    }

    /// How many log entries with this message all workers together have written.
    pub fn logged_by_workers(&self, message: &str) -> usize {
        self.workers.iter().map(|worker| worker.logged(message).len()).sum()
    }

    /// The sandboxes that exist.
    pub async fn containers(&self) -> Vec<String> {
        containers(&[("instance", self.prefix())]).await
    }

    /// The sandboxes of one worker.
    pub async fn containers_of(&self, worker: &str) -> Vec<String> {
        containers(&[("instance", self.prefix()), ("owner", worker)]).await
    }

    /// The system's own queue.
    pub fn queue(&self) -> Queue {
        Queue::new(&self.read::<QueueSettings>()).unwrap()
    }

    /// The system's own store.
    pub async fn store(&self) -> Store {
        Store::connect(&self.read::<StoreSettings>()).await.unwrap()
    }

    /// Ends the system and removes its data, and holds that nothing in it has panicked.
    pub async fn stop(self) {
        for process in self.workers.iter().chain([&self.api]) {
            assert!(!process.has_panicked(), "a service panicked");
        }
        let store = self.store().await;
        let Self { api, workers, settings, nobody, .. } = self;
        drop(nobody);
        for process in workers.into_iter().chain([api]) {
            process.kill().await;
        }
        // A worker that is killed with nobody to come after it leaves what it was just creating.
        let prefix = setting(&settings, "AIRLOCK_KEY_PREFIX").to_owned();
        let mut said = String::new();
        let emptied = async {
            loop {
                let left = containers(&[("instance", &prefix)]).await;
                if left.is_empty() {
                    return;
                }
                let ids = left.iter().map(String::as_str);
                let remove: Vec<_> = ["rm", "--force"].into_iter().chain(ids).collect();
                (_, said) = docker(&remove).await;
                sleep(Duration::from_millis(50)).await;
            }
        };
        let emptied = timeout(Duration::from_secs(30), emptied).await;
        assert!(emptied.is_ok(), "containers are left: {said}");
        store.drop_database().await.unwrap();
    }

    fn read<S: Settings>(&self) -> S {
        let mut source = Source::new(None, self.settings.iter().cloned().collect()).unwrap();
        S::read(&mut source).unwrap()
    }
}

async fn knows_what_is_served(client: &Client) {
    eventually("the API knows what is served", Duration::from_secs(10), async || {
        let listed = client.get("/api/languages").await.json();
        listed.as_array().unwrap().iter().any(|lang| lang["available"] == true).then_some(())
    })
    .await;
}

fn setting<'a>(settings: &'a [(String, String)], name: &str) -> &'a str {
    &settings.iter().find(|(setting, _)| setting == name).unwrap().1
}

/// The containers with these of our labels.
async fn containers(labels: &[(&str, &str)]) -> Vec<String> {
    let filter = |(name, value): &(&str, &str)| format!("--filter=label=airlock.{name}={value}");
    let filters: Vec<String> = labels.iter().map(filter).collect();
    let list = ["ps", "--all", "--quiet", "--no-trunc"];
    let filters = filters.iter().map(String::as_str);
    let (success, listed) = docker(&list.into_iter().chain(filters).collect::<Vec<_>>()).await;
    assert!(success, "{listed}");
    listed.lines().map(str::to_owned).collect()
}

fn settings(options: Options) -> Vec<(String, String)> {
    let unique = format!("e2e-{}", uuid::Uuid::new_v4().simple());
    let through = |url: String, host: Option<String>| match host {
        Some(host) => replace_host(&url, &host),
        None => url,
    };
    let mongodb_url = options
        .mongodb_url
        .unwrap_or_else(|| through(given("AIRLOCK_TEST_MONGODB_URL"), options.mongodb));
    let runner = absolute(&given("AIRLOCK_TEST_RUNNER_PATH"));
    let languages = absolute(&given("AIRLOCK_TEST_LANGUAGES_DIR"));
    let docker_host = options.docker_host.map(|host| ("DOCKER_HOST".to_owned(), host));
    [
        ("MONGODB_URL", mongodb_url),
        // How the member is called does not matter on a direct connection.
        ("MONGODB_MEMBER", "127.0.0.1:27017".to_owned()),
        ("MONGODB_DATABASE", unique.clone()),
        ("REDIS_URL", through(given("AIRLOCK_TEST_REDIS_URL"), options.redis)),
        ("KEY_PREFIX", unique),
        ("RUNNER_PATH", runner.to_string_lossy().into_owned()),
        ("LANGUAGES_DIR", languages.to_string_lossy().into_owned()),
        // Each that is served has to be tested first.
        ("LANGUAGES", "bash,c,cpp,javascript,python".to_owned()),
        ("HTTP_LISTEN", "127.0.0.1:0".to_owned()),
        ("WORKER_LISTEN", "127.0.0.1:0".to_owned()),
        ("WORKER_CONCURRENCY", "2".to_owned()),
        // Many systems share one machine while the tests run.
        ("POOL_READY", "2".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("AIRLOCK_{name}"), value))
    .filter(|(name, _)| !options.settings.iter().any(|(other, _)| name == other))
    .chain(docker_host)
    .chain(options.settings.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    .collect()
}

/// The URL with another `host:port`.
fn replace_host(url: &str, host: &str) -> String {
    url.replacen(&crate::host(url), host, 1)
}

pub(crate) fn binary(name: &str) -> PathBuf {
    absolute(&given("AIRLOCK_TEST_BIN_DIR")).join(name)
}

pub(crate) fn absolute(path: &str) -> PathBuf {
    Path::new(path).canonicalize().unwrap_or_else(|error| panic!("{path}: {error}"))
}
