//! A worker whose sandbox does nothing, as a process of its own.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use e2e::stand_in::{execute, serves};
use shared::queue::{Consumer, Queue, QueueSettings};
use shared::settings::{Settings, Source};
use shared::store::{Store, StoreSettings};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

const ROLE: &str = "BENCH_STAND_IN";
const NAME: &str = "stand-in";
const PATIENCE: Duration = Duration::from_secs(1);

/// This program once more, as such a worker with so many places.
pub(crate) fn start(system: &e2e::System, places: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .env(ROLE, places.to_string())
        .envs(system.settings().iter().cloned())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// If this process was started as such a worker: works until it is killed.
pub(crate) async fn served() -> bool {
    let Ok(places) = std::env::var(ROLE) else { return false };
    let mut source = Source::from_process().unwrap();
    let store = StoreSettings::read(&mut source).unwrap();
    let queue = QueueSettings::read(&mut source).unwrap();
    let (store, queue) = (Store::connect(&store).await.unwrap(), Queue::new(&queue).unwrap());
    let places = Arc::new(Semaphore::new(places.parse().unwrap()));
    let mut consumer = Consumer::new(queue.clone(), NAME);
    let serves = serves(&["bash"]);
    loop {
        let place = places.clone().acquire_owned().await.unwrap();
        let Some(delivery) = consumer.next(&serves, PATIENCE).await.unwrap() else { continue };
        let (store, queue) = (store.clone(), queue.clone());
        tokio::spawn(async move {
            execute(&store, &queue, NAME, &delivery).await;
            drop(place);
        });
    }
}
