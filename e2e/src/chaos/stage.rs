//! The system that is broken: APIs and workers as processes, each with a way of its own to Redis,
//! and the stores that all of them share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex as Lock, OnceLock, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use shared::queue::{Queue, QueueSettings};
use shared::settings::{Settings, Source};
use shared::store::{Store, StoreSettings};
use tokio::sync::{Mutex, MutexGuard};

use super::containers::free_port;
use super::history::{Event, History};
use super::queue_server::QueueServer;
use super::replica_set::ReplicaSet;
use super::skewed_clock::SkewedClock;
use crate::system::{absolute, binary};
use crate::{Client, Process, Proxy, docker, eventually, given};

const APIS: usize = 2;
const WORKERS: usize = 3;
/// Executions of one worker at once, and containers that it keeps ready.
pub(super) const CONCURRENCY: usize = 2;
/// MongoDB's usual 10 s would only make each outage longer, and the run with it.
const ELECTION_TIMEOUT: Duration = Duration::from_secs(2);
const SERVE_PATIENCE: Duration = Duration::from_secs(90);
/// A drain takes as long as what runs, and a little.
const DRAIN_PATIENCE: Duration = Duration::from_secs(60);

/// The whole system.
pub struct Stage {
    /// What happens in it.
    pub history: History,
    /// MongoDB; whoever breaks it holds it until it is whole again.
    pub store_servers: Mutex<ReplicaSet>,
    /// Redis, likewise.
    pub queue_server: Mutex<QueueServer>,
    /// The APIs.
    pub apis: Vec<Part>,
    /// The workers.
    pub workers: Vec<Part>,
    /// For wrong clocks.
    pub clock: SkewedClock,
    /// The image of Redis, for further ones.
    pub redis_image: String,
    settings: Vec<(String, String)>,
    store: Store,
    database: mongodb::Database,
    queue_way: Proxy,
}

/// A service that is always started again.
pub struct Part {
    /// What it is called in the history.
    pub name: String,
    /// The only way that it has to Redis.
    pub queue_way: Proxy,
    /// Where it listens.
    pub address: SocketAddr,
    service: &'static str,
    settings: Vec<(String, String)>,
    history: History,
    /// Whoever breaks it holds it until it runs again.
    process: Mutex<Option<Process>>,
    worker_name: Arc<Lock<Option<String>>>,
}

impl Stage {
    /// Starts everything, and waits until it serves.
    pub async fn start(history: History) -> Self {
        let mongo_image = given("AIRLOCK_TEST_MONGO_IMAGE");
        let redis_image = given("AIRLOCK_TEST_REDIS_IMAGE");
        let set = ReplicaSet::start(&mongo_image, ELECTION_TIMEOUT);
        let (set, queue_server) = tokio::join!(set, QueueServer::start(&redis_image));
        let queue_way = Proxy::to(&queue_server.address()).await;
        let settings = settings(&set.url());
        let mut own = settings.clone();
        own.push(redis_setting(&queue_way));
        let store = eventually("the store can be used", SERVE_PATIENCE, async || {
            Store::connect(&read::<StoreSettings>(&own)).await.ok()
        })
        .await;
        let client = mongodb::Client::with_uri_str(set.url()).await.unwrap();
        let database = client.database(setting(&settings, "AIRLOCK_MONGODB_DATABASE"));
        let mut stage = Self {
            history,
            database,
            apis: Vec::new(),
            workers: Vec::new(),
            clock: SkewedClock::new(),
            redis_image,
            settings,
            store,
            queue_way,
            store_servers: Mutex::new(set),
            queue_server: Mutex::new(queue_server),
        };
        for number in 0..APIS {
            stage.apis.push(stage.part("submission-service", &format!("api-{number}"), &[]).await);
        }
        for number in 0..WORKERS {
            let name = format!("worker-{number}");
            stage.workers.push(stage.part("execution-service", &name, &[]).await);
        }
        for part in stage.apis.iter().chain(&stage.workers) {
            part.start(&[]).await;
        }
        stage.await_service().await;
        stage
    }

    /// One more part, which does not run yet.
    pub async fn part(&self, service: &'static str, name: &str, further: &[(&str, &str)]) -> Part {
        let queue_way = Proxy::to(&self.queue_server.lock().await.address()).await;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let listen = if service == "submission-service" { "HTTP" } else { "WORKER" };
        let mut settings = self.settings.clone();
        settings.push(redis_setting(&queue_way));
        settings.push((format!("AIRLOCK_{listen}_LISTEN"), address.to_string()));
        let given = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        settings.extend(further.iter().map(given));
        Part {
            name: name.to_owned(),
            queue_way,
            address,
            service,
            settings,
            history: self.history.clone(),
            process: Mutex::default(),
            worker_name: Arc::default(),
        }
    }

    /// Waits until every API knows a worker.
    pub async fn await_service(&self) {
        for api in &self.apis {
            let client = Client::new(api.address);
            eventually("the API knows what is served", SERVE_PATIENCE, async || {
                let reply = client.request("GET", "/api/languages").send().await.ok()?;
                let listed: Value = reply.json().await.ok()?;
                let mut served = listed.as_array()?.iter();
                served.any(|lang| lang["available"] == true).then_some(())
            })
            .await;
        }
    }

    /// Every way to Redis.
    pub fn queue_ways(&self) -> impl Iterator<Item = &Proxy> {
        let parts = self.apis.iter().chain(&self.workers);
        parts.map(|part| &part.queue_way).chain([&self.queue_way])
    }

    /// The system's store, by the driver's own connections.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The system's queue, by the driver's own connections.
    pub fn queue(&self) -> Queue {
        let mut settings = self.settings.clone();
        settings.push(redis_setting(&self.queue_way));
        Queue::new(&read::<QueueSettings>(&settings)).unwrap()
    }

    /// The name of the worker that leads, if one does.
    pub async fn leader(&self) -> Option<String> {
        let leaders = self.database.collection::<bson::Document>("leaders");
        let lease = leaders.find_one(bson::doc! { "_id": "reconciler" }).await.ok()??;
        lease.get_str("holder").ok().map(str::to_owned)
    }

    /// Whether a submission with this text in its program is stored.
    pub async fn has_stored(&self, text: &str) -> bool {
        let submissions = self.database.collection::<bson::Document>("submissions");
        let filter = bson::doc! { "program.code": { "$regex": text } };
        submissions.find_one(filter).await.is_ok_and(|found| found.is_some())
    }

    /// What begins this system's keys, names its database and marks its containers.
    pub fn prefix(&self) -> &str {
        setting(&self.settings, "AIRLOCK_KEY_PREFIX")
    }

    /// Its sandboxes: their ids and their workers.
    pub async fn sandboxes(&self) -> Vec<(String, String)> {
        let filter = format!("label=airlock.instance={}", self.prefix());
        let format = "{{.ID}} {{.Label \"airlock.owner\"}}";
        let list = ["ps", "--all", "--no-trunc", "--filter", &filter, "--format", format];
        let (success, listed) = docker(&list).await;
        assert!(success, "{listed}");
        let pairs = listed.lines().filter_map(|line| line.split_once(' '));
        pairs.map(|(id, owner)| (id.to_owned(), owner.to_owned())).collect()
    }

    /// Ends it; nothing of it is left.
    pub async fn stop(self) {
        for part in self.workers.iter().chain(&self.apis) {
            part.kill(&mut *part.hold().await).await;
        }
        for (id, _) in self.sandboxes().await {
            docker(&["rm", "--force", &id]).await;
        }
    }
}

impl Part {
    /// Starts it, with further settings, and waits until it serves.
    pub async fn start(&self, further: &[(String, String)]) {
        self.start_held(&mut *self.hold().await, further).await;
    }

    /// Its process. As long as it is held, nobody else breaks it.
    pub async fn hold(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().await
    }

    /// The same, for whoever holds it.
    pub async fn start_held(&self, held: &mut Option<Process>, further: &[(String, String)]) {
        let settings = [&self.settings[..], further].concat();
        *self.worker_name.lock().unwrap_or_else(PoisonError::into_inner) = None;

        *held = Some(Process::start_heard(&binary(self.service), &settings, self.listener()));
        if self.service == "submission-service" {
            let client = Client::new(self.address);
            eventually("an API listens", SERVE_PATIENCE, async || {
                client.request("GET", "/healthz").send().await.ok().map(|_| ())
            })
            .await;
        } else {
            eventually("a worker serves", SERVE_PATIENCE, async || {
                let ended = !held.as_mut().unwrap().is_running();
                if ended {
                    // It gave up waiting for a store that was away; whoever runs it tries again.
                    *held = Some(Process::start_heard(
                        &binary(self.service),
                        &settings,
                        self.listener(),
                    ));
                }
                self.worker_name().map(|_| ())
            })
            .await;
        }
    }

    /// Kills it (-9), whoever holds it.
    pub async fn kill(&self, held: &mut Option<Process>) {
        if let Some(process) = held.take() {
            process.kill().await;
        }
    }

    /// Ends it as an operator would (SIGTERM), and waits for its end.
    pub async fn drain(&self, held: &mut Option<Process>) {
        let Some(mut process) = held.take() else { return };
        process.signal(Signal::SIGTERM);
        let ended = tokio::time::timeout(DRAIN_PATIENCE, process.ended()).await;
        if ended != Ok(Some(0)) {
            let what = format!("{} did not end as it should: {ended:?}", self.name);
            self.history.note(Event::Left { what });
        }
    }

    /// The name that a worker that serves gives itself.
    pub fn worker_name(&self) -> Option<String> {
        self.worker_name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what its log says.
    fn listener(&self) -> impl Fn(&Value) + Send + 'static {
        let (history, process) = (self.history.clone(), self.name.clone());
        let (own, name) = (OnceLock::new(), self.worker_name.clone());
        move |entry| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let id = text(&entry["span"]["submission.id"]).or(text(&entry["submission.id"]));
            let worker = || own.get().cloned().unwrap_or_default();
            match (entry["message"].as_str(), id) {
                (Some("serving"), _) => {
                    let serving = text(&entry["worker"]).unwrap_or_default();
                    let _ = own.set(serving.clone());
                    *name.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
                }
                (Some("execution started"), Some(id)) => {
                    let epoch = entry["epoch"].as_i64().unwrap_or_default();
                    history.note(Event::Started { id, worker: worker(), epoch });
                }
                (Some("execution ended"), Some(id)) => {
                    history.note(Event::Ended { id, worker: worker() });
                }
                (Some(message), id) if ["WARN", "ERROR"].contains(&level(entry)) => {
                    let message = match entry["error"].as_str() {
                        Some(error) => format!("{message}: {error:.300}"),
                        None => message.to_owned(),
                    };
                    history.note(Event::Warned { process: process.clone(), message, id });
                }
                _ => {}
            }
            if let Some(line) = entry.as_str().filter(|line| line.contains("panicked at")) {
                history.note(Event::Panicked { process: process.clone(), text: line.to_owned() });
            }
        }
    }
}

fn level(entry: &Value) -> &str {
    entry["level"].as_str().unwrap_or_default()
}

fn setting<'a>(settings: &'a [(String, String)], name: &str) -> &'a str {
    &settings.iter().find(|(setting, _)| setting == name).unwrap().1
}

fn redis_setting(way: &Proxy) -> (String, String) {
    ("AIRLOCK_REDIS_URL".to_owned(), format!("redis://{}", way.address()))
}

fn read<S: Settings>(settings: &[(String, String)]) -> S {
    let mut source = Source::new(None, settings.iter().cloned().collect()).unwrap();
    S::read(&mut source).unwrap()
}

fn settings(mongodb: &str) -> Vec<(String, String)> {
    let unique = format!("chaos-{}", uuid::Uuid::new_v4().simple());
    let path = |name| absolute(&given(name)).to_string_lossy().into_owned();
    [
        ("MONGODB_URL", mongodb.to_owned()),
        ("MONGODB_DATABASE", unique.clone()),
        ("KEY_PREFIX", unique),
        ("RUNNER_PATH", path("AIRLOCK_TEST_RUNNER_PATH")),
        ("LANGUAGES_DIR", path("AIRLOCK_TEST_LANGUAGES_DIR")),
        ("LANGUAGES", "bash,python".to_owned()),
        ("TENANT_HEADER", super::load::TENANT_HEADER.to_owned()),
        ("WORKER_CONCURRENCY", CONCURRENCY.to_string()),
        ("POOL_READY", CONCURRENCY.to_string()),
        ("LOG_FORMAT", "json".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("AIRLOCK_{name}"), value))
    .collect()
}
