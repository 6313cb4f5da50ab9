//! Putting a worker together, running it, and taking it apart again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::{StreamExt, TryStreamExt};
use shared::language::{Language, Languages};
use shared::queue::Queue;
use shared::store::Store;
use shared::workers::WorkerInfo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::execution::{Executor, Served};
use crate::images;
use crate::janitor::Janitor;
use crate::leases::Leases;
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::probes::{self, Probes};
use crate::reconciler::Reconciler;
use crate::sandbox::{Resources, Sandboxes, Spec};
use crate::self_test::{SelfTest, host};
use crate::settings::Settings;
use crate::worker::Worker;

/// Beyond the longest execution, until a running submission counts as run by nobody.
const OVERDUE_GRACE: Duration = Duration::from_secs(60);

/// Runs a worker until `shutdown`, and what it runs to its end.
pub async fn run(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listen = settings.worker.listen;
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let Some(assembled) = shutdown.run_until_cancelled(assemble(&settings)).await else {
        return Ok(());
    };
    let (executor, info) = assembled?;
    tracing::info!(
        worker = executor.worker,
        address = %listener.local_addr()?,
        concurrency = settings.worker.concurrency,
        languages = ?info.languages,
        "serving"
    );

    // These go on while the worker drains: what still runs needs its heartbeat.
    let background = CancellationToken::new();
    let _stop = background.clone().drop_guard();
    let janitor = Janitor {
        docker: executor.sandboxes.docker.clone(),
        queue: executor.queue.clone(),
        metrics: executor.metrics.clone(),
        instance: settings.queue.key_prefix.clone(),
        worker: executor.worker.clone(),
        pool: executor.pool.clone(),
    };
    for task in background_tasks(&executor, janitor.clone(), info, listener) {
        let background = background.clone();
        tokio::spawn(async move { background.run_until_cancelled(task).await });
    }

    let drain = Duration::from_secs(settings.worker.drain_seconds);
    Worker::new(executor.clone(), settings.worker.concurrency).serve(&shutdown, drain).await;
    executor.pool.close().await;
    janitor.clear_own().await;
    if let Err(error) = executor.queue.withdraw(&executor.worker).await {
        tracing::warn!(error = ?error, "worker stays announced until its lease is over");
    }
    tracing::info!("stopped");
    Ok(())
}

async fn assemble(settings: &Settings) -> anyhow::Result<(Executor, WorkerInfo)> {
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
    // Announced before its first container, so that no janitor takes that for an orphan.
    if let Err(error) = queue.announce(&worker, &WorkerInfo::default()).await {
        tracing::warn!(error = ?error, "worker not announced yet");
    }
    let Serving { served, specs, info } =
        serve_languages(settings, &sandboxes, &host.kernel).await?;
    let metrics = Metrics::new();
    let pool = Pool::new(sandboxes.clone(), specs, &settings.pool, metrics.clone());
    let executor = Executor {
        worker,
        store,
        queue,
        sandboxes,
        pool,
        ceilings: settings.ceilings.clone(),
        artifact_bytes: settings.sandbox.artifact_bytes,
        served: Arc::new(served),
        leases: Leases::default(),
        metrics,
    };
    Ok((executor, info))
}

fn background_tasks(
    executor: &Executor,
    janitor: Janitor,
    info: WorkerInfo,
    listener: TcpListener,
) -> Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> {
    let Executor { worker, store, queue, sandboxes, pool, leases, metrics, .. } = executor.clone();
    let probes = Probes {
        store: store.clone(),
        queue: queue.clone(),
        sandboxes: sandboxes.clone(),
        metrics: metrics.clone(),
    };
    let reconciler = Reconciler {
        store,
        queue: queue.clone(),
        metrics,
        overdue: longest_execution(executor) + OVERDUE_GRACE,
    };
    vec![
        Box::pin(leases.keep(queue, worker, info)),
        Box::pin(sandboxes.listen()),
        Box::pin(pool.keep()),
        Box::pin(reconciler.keep()),
        Box::pin(janitor.keep()),
        Box::pin(async move {
            if let Err(error) = probes::serve(listener, probes).await {
                tracing::error!(error = %error, "probes stopped");
            }
        }),
    ]
}

/// Compiling, then the tests, of which the last may begin when their time is all but over.
fn longest_execution(executor: &Executor) -> Duration {
    let ceilings = &executor.ceilings;
    let of_a_step = executor
        .served
        .values()
        .map(|served| served.limits.compile.wall_ms.max(served.limits.run.wall_ms))
        .fold(ceilings.wall_ms, u64::max);
    Duration::from_millis(2 * of_a_step + ceilings.total_wall_ms)
}

/// What a worker can serve.
struct Serving {
    served: HashMap<String, Served>,
    specs: HashMap<String, Spec>,
    info: WorkerInfo,
}

/// Readies every language whose image there is, and tests each in a sandbox.
async fn serve_languages(
    settings: &Settings,
    sandboxes: &Sandboxes,
    kernel: &str,
) -> anyhow::Result<Serving> {
    let dir = Path::new(&settings.languages.dir);
    let runner_path = &settings.sandbox.runner_path;
    let runner = std::fs::read(runner_path)
        .with_context(|| format!("cannot read the runner at {runner_path}"))?;
    let languages = Languages::load(dir)?;
    for lang in settings.pool.languages.languages() {
        if languages.iter().all(|language| language.name != lang) {
            bail!("AIRLOCK_POOL_READY_LANGUAGES: there is no language `{lang}`");
        }
    }
    let test = async |language: &Language| {
        let docker = &sandboxes.docker;
        let Some(image) = images::sandbox_image(docker, dir, language, &runner).await? else {
            tracing::warn!(lang = language.name, "not served: its image was not built");
            return anyhow::Ok(None);
        };
        let limits = settings.limits.limits().with(&language.limits, &language.compile_limits);
        let first = if language.compile.is_some() { &limits.compile } else { &limits.run };
        let spec = Spec { image, disk_bytes: limits.disk_bytes, resources: Resources::from(first) };
        let served = Served { language: language.clone(), limits };
        let test = SelfTest { served: &served, runner: &runner, kernel };
        let version = test
            .run(sandboxes, &spec)
            .await
            .with_context(|| format!("the sandbox of `{}` does not hold", language.name))?;
        Ok(Some((served, spec, version)))
    };
    let tested: Vec<_> = futures_util::stream::iter(languages.iter().map(test))
        .buffered(settings.pool.parallel_starts)
        .try_collect()
        .await?;
    let mut serving =
        Serving { served: HashMap::new(), specs: HashMap::new(), info: WorkerInfo::default() };
    for (served, spec, version) in tested.into_iter().flatten() {
        let lang = served.language.name.clone();
        serving.info.languages.insert(lang.clone(), version);
        serving.specs.insert(lang.clone(), spec);
        serving.served.insert(lang, served);
    }
    if serving.served.is_empty() {
        bail!("no language can be served: `execution-service images` builds their images");
    }
    Ok(serving)
}

/// A name that no other worker has, living or dead: the host's for people, and a random part.
fn worker_name() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = host.unwrap_or_else(|| "worker".to_owned());
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{host}-{}", &random[..8])
}
