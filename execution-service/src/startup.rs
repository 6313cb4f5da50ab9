//! Putting a worker together, running it, and taking it apart again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bollard::Docker;
use runner::protocol::End;
use shared::language::Languages;
use shared::queue::Queue;
use shared::store::Store;
use shared::workers::WorkerInfo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::execution::{Executor, Served};
use crate::janitor::Janitor;
use crate::leases::Leases;
use crate::metrics::Metrics;
use crate::probes::{self, Probes};
use crate::reconciler::Reconciler;
use crate::sandbox::Sandboxes;
use crate::settings::Settings;
use crate::worker::Worker;
use crate::{images, lowering};

/// Beyond the longest execution, until a running submission counts as run by nobody.
const OVERDUE_GRACE: Duration = Duration::from_secs(60);

/// Of a version command's output, what is shown.
const MAX_VERSION_CHARS: usize = 80;

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
    };
    for task in background_tasks(&executor, janitor.clone(), info, listener) {
        let background = background.clone();
        tokio::spawn(async move { background.run_until_cancelled(task).await });
    }

    let drain = Duration::from_secs(settings.worker.drain_seconds);
    Worker::new(executor.clone(), settings.worker.concurrency).serve(&shutdown, drain).await;
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
    let sandboxes = Sandboxes::new(docker.clone(), &instance, &worker, settings.sandbox.cpus);
    // Announced before its first container, so that no janitor takes that for an orphan.
    if let Err(error) = queue.announce(&worker, &WorkerInfo::default()).await {
        tracing::warn!(error = ?error, "worker not announced yet");
    }
    let (served, info) = serve_languages(settings, &docker, &sandboxes).await?;
    let executor = Executor {
        worker,
        store,
        queue,
        sandboxes,
        served: Arc::new(served),
        leases: Leases::default(),
        metrics: Metrics::new(),
    };
    Ok((executor, info))
}

fn background_tasks(
    executor: &Executor,
    janitor: Janitor,
    info: WorkerInfo,
    listener: TcpListener,
) -> Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> {
    let Executor { worker, store, queue, sandboxes, served, leases, metrics } = executor.clone();
    let longest = served
        .values()
        .map(|served| served.limits.compile.wall_ms + served.limits.run.wall_ms)
        .max()
        .unwrap_or_default();
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
        overdue: Duration::from_millis(longest) + OVERDUE_GRACE,
    };
    vec![
        Box::pin(leases.keep(queue, worker, info)),
        Box::pin(reconciler.keep()),
        Box::pin(janitor.keep()),
        Box::pin(async move {
            if let Err(error) = probes::serve(listener, probes).await {
                tracing::error!(error = %error, "probes stopped");
            }
        }),
    ]
}

/// Readies every language whose image there is, and asks each for its version: a sandbox that can
/// tell that works.
async fn serve_languages(
    settings: &Settings,
    docker: &Docker,
    sandboxes: &Sandboxes,
) -> anyhow::Result<(HashMap<String, Served>, WorkerInfo)> {
    let dir = Path::new(&settings.languages.dir);
    let runner_path = &settings.sandbox.runner_path;
    let runner = std::fs::read(runner_path)
        .with_context(|| format!("cannot read the runner at {runner_path}"))?;
    let mut served = HashMap::new();
    let mut info = WorkerInfo::default();
    for language in Languages::load(dir)?.iter() {
        let Some(image) = images::sandbox_image(docker, dir, language, &runner).await? else {
            tracing::warn!(lang = language.name, "not served: its image was not built");
            continue;
        };
        let limits = settings.limits.limits().with(&language.limits, &language.compile_limits);
        let serving = Served { language: language.clone(), limits, image };
        let version = version(sandboxes, &serving)
            .await
            .with_context(|| format!("the sandbox of `{}` does not work", language.name))?;
        info.languages.insert(language.name.clone(), version);
        served.insert(language.name.clone(), serving);
    }
    if served.is_empty() {
        bail!("no language can be served: `execution-service images` builds their images");
    }
    Ok((served, info))
}

async fn version(sandboxes: &Sandboxes, served: &Served) -> anyhow::Result<String> {
    let Served { language, limits, image } = served;
    let job = lowering::version_job(language, limits);
    let sandbox = sandboxes.start(image, limits).await?;
    let steps = sandbox.run(&job, &CancellationToken::new()).await?;
    let Some(step) = steps.first() else { bail!("its runner ran nothing") };
    // Some print it to stdout, some to stderr.
    let printed = if step.stdout.is_empty() { &step.stderr } else { &step.stdout };
    let printed = String::from_utf8_lossy(printed);
    match printed.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) if step.report.end == End::Exited(0) => {
            Ok(line.chars().take(MAX_VERSION_CHARS).collect())
        }
        _ => bail!("{:?} ended with {:?}: {printed}", language.version_command, step.report),
    }
}

/// A name that no other worker has, living or dead: the host's for people, and a random part.
fn worker_name() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = host.unwrap_or_else(|| "worker".to_owned());
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{host}-{}", &random[..8])
}
