//! Breaking a Docker engine: one of its own, with a worker of its own, for the stores need theirs.

use std::time::Duration;

use tokio::time::sleep;

use super::faults::{broken, images_of};
use super::history::Event;
use super::plan::Fault;
use super::stage::Stage;
use crate::Engine;

/// A job starts on the worker within this time, if there is one.
const BUSY: Duration = Duration::from_secs(5);
/// A disk that is full for so long is noticed by every container that is started.
const FULL: Duration = Duration::from_secs(5);

/// Starts an engine and a worker on it, breaks and mends it while the worker works, and ends both.
pub(super) async fn break_one(stage: &Stage, fault: Fault, lasts: Duration) {
    let images = images_of("bash").await;
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let mut engine = match fault {
        Fault::EngineDiskFull => Engine::start_on_small_disk(&images).await,
        _ => Engine::start(&images).await,
    };
    let host = engine.host();
    let further = [("DOCKER_HOST", host.as_str()), ("AIRLOCK_LANGUAGES", "bash")];
    let worker = stage.part("execution-service", "worker-engine", &further).await;
    let mut held = worker.hold().await;
    worker.start_held(&mut held, &[]).await;
    let name = worker.worker_name();
    let busy = |event: &Event| match event {
        Event::Started { worker, .. } => (Some(worker) == name.as_ref()).then_some(()),
        _ => None,
    };
    stage.history.happens(stage.history.position(), BUSY, busy).await;
    broken(stage, fault, &host);
    if fault == Fault::EngineKilled {
        engine.crash().await;
        sleep(lasts).await;
        engine.restart().await;
    } else {
        engine.fill_disk();
        sleep(FULL).await;
        engine.free_disk();
    }
    worker.drain(&mut held).await;
    engine.stop().await;
}
