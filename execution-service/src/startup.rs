//! Putting a worker together, running it, and taking it apart again.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::future::BoxFuture;
use shared::limits::CeilingSettings;
use shared::placement::PoolName;
use shared::queue::Queue;
use shared::shutdown::Stop;
use shared::store::Store;
use shared::workers::Offer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bookkeeper::Bookkeeper;
use crate::cancellation::Cancellations;
use crate::discovery::Discovery;
use crate::execution::Executor;
use crate::images;
use crate::janitor::Janitor;
use crate::leadership::Leadership;
use crate::leases::Leases;
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::probes::{self, Probes};
use crate::reconciler::Reconciler;
use crate::sandbox::Sandboxes;
use crate::self_test::host;
use crate::settings::Settings;
use crate::worker::Worker;

/// Runs a worker until it must stop, and what it runs to its end.
pub fn run(settings: Settings, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Not compiled anew into the program that awaits it.
    Box::pin(work(settings, stop))
}

async fn work(settings: Settings, stop: Stop) -> anyhow::Result<()> {
    let listen = settings.worker.listen;
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let Some(assembled) = stop.begun.run_until_cancelled(assemble(&settings)).await else {
        return Ok(());
    };
    let Assembled { executor, discovery, engine } = assembled?;
    tracing::info!(
        worker = executor.worker,
        address = %listener.local_addr()?,
        concurrency = settings.worker.concurrency,
        languages = ?executor.serving.names(),
        pools = ?settings.worker.pools.names(),
        "serving"
    );

    // These go on while the worker drains: what still runs needs its heartbeat.
    let background = CancellationToken::new();
    let _stop = background.clone().drop_guard();
    let tasks = TaskTracker::new();
    let role = |name| Leadership::new(executor.store.clone(), name, &executor.worker);
    let (reconciling, tidying) = (role("reconciler".into()), role(format!("janitor of {engine}")));
    let janitor = Janitor {
        docker: executor.sandboxes.docker.clone(),
        queue: executor.queue.clone(),
        metrics: executor.metrics.clone(),
        instance: settings.queue.key_prefix.clone(),
        worker: executor.worker.clone(),
        pool: executor.pool.clone(),
        leadership: tidying.clone(),
        missing: HashSet::new(),
    };
    let accounting = role("bookkeeper".into());
    let bookkeeper = Bookkeeper { store: executor.store.clone(), leadership: accounting.clone() };
    let reconciler = Reconciler::new(
        executor.store.clone(),
        executor.queue.clone(),
        executor.metrics.clone(),
        reconciling.clone(),
    );
    let leading = Leading { reconciler, bookkeeper, janitor: janitor.clone() };
    for task in background_tasks(&executor, leading, discovery, listener) {
        let background = background.clone();
        tasks.spawn(async move { background.run_until_cancelled(task).await });
    }
    tasks.close();

    let drain = Duration::from_secs(settings.worker.drain_seconds);
    Worker::new(executor.clone(), settings.worker.concurrency).serve(&stop, drain).await;
    executor.pool.close().await;
    background.cancel();
    // Each ends at its next await.
    tasks.wait().await;
    reconciling.step_down().await;
    accounting.step_down().await;
    tidying.step_down().await;
    janitor.clear_own().await;
    if let Err(error) = executor.queue.withdraw(&executor.worker).await {
        tracing::warn!(error = ?error, "worker stays announced until its lease is over");
    }
    executor.store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What a worker is made of.
struct Assembled {
    executor: Executor,
    discovery: Discovery,
    /// The name of its Docker engine.
    engine: String,
}

async fn assemble(settings: &Settings) -> anyhow::Result<Assembled> {
    let docker = images::connect().await?;
    let queue = Queue::new(&settings.queue)?;
    let store =
        Store::connect_patiently(&settings.store).await.context("cannot connect to the store")?;
    let worker = worker_name();
    let instance = queue.keys().prefix().to_owned();
    let host = host::look(&docker, &settings.sandbox).await?;
    if !host.lacks.is_empty() {
        bail!("this host cannot hold a sandbox:\n  {}", host.lacks.join("\n  "));
    }
    let open_files = settings.ceilings.open_files.max(settings.limits.open_files);
    let sandboxes =
        Sandboxes::new(docker, &instance, &worker, &settings.sandbox, host.cpus, open_files);
    // Before its first container, so that no janitor takes that for an orphan.
    announce(&queue, &worker, settings.worker.pools.names(), &[]).await;
    let metrics = Metrics::new();
    let pool = Pool::new(sandboxes.clone(), &settings.pool, metrics.clone());
    let mut discovery = Discovery::new(settings, sandboxes.clone(), pool.clone(), host.kernel)?;
    discovery.begin().await?;
    // Whoever reads that this worker serves can submit what it serves.
    let serving = discovery.serving.clone();
    announce(&queue, &worker, serving.pools(), &serving.offers()).await;
    let executor = Executor {
        worker,
        store,
        queue,
        sandboxes,
        pool,
        ceilings: CeilingSettings {
            // The engine refuses more than its host has.
            cpu_millis: settings.ceilings.cpu_millis.min(host.cpus as u64 * 1000),
            ..settings.ceilings.clone()
        },
        artifact_bytes: settings.sandbox.artifact_bytes,
        serving,
        leases: Leases::default(),
        cancellations: Cancellations::default(),
        metrics,
    };
    Ok(Assembled { executor, discovery, engine: host.engine })
}

async fn announce(queue: &Queue, worker: &str, pools: &[PoolName], offers: &[Offer]) {
    if let Err(error) = queue.announce(worker, pools, offers).await {
        tracing::warn!(error = ?error, "worker not announced yet");
    }
}

/// What one worker at a time does.
struct Leading {
    reconciler: Reconciler,
    bookkeeper: Bookkeeper,
    janitor: Janitor,
}

fn background_tasks(
    executor: &Executor,
    leading: Leading,
    discovery: Discovery,
    listener: TcpListener,
) -> Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> {
    let Executor { worker, store, queue, sandboxes, pool, serving, leases, metrics, .. } =
        executor.clone();
    let cancellations = executor.cancellations.clone().keep(queue.clone(), store.clone());
    let probes = Probes { store, queue: queue.clone(), sandboxes: sandboxes.clone(), metrics };
    vec![
        Box::pin(leases.keep(queue, worker, serving)),
        Box::pin(cancellations),
        Box::pin(sandboxes.listen()),
        Box::pin(pool.keep()),
        Box::pin(discovery.keep()),
        Box::pin(leading.reconciler.keep()),
        Box::pin(leading.bookkeeper.keep()),
        Box::pin(leading.janitor.keep()),
        Box::pin(async move {
            if let Err(error) = probes::serve(listener, probes).await {
                tracing::error!(error = %error, "probes stopped");
            }
        }),
    ]
}

/// A name that no other worker has, living or dead: the host's for people, and a random part.
fn worker_name() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = host.unwrap_or_else(|| "worker".to_owned());
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{host}-{}", &random[..8])
}
