//! A worker whose sandbox does nothing. It is no mode of the real worker, which has none: it goes the
//! same way through the same store and queue, and says at once that a program has ended well.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use shared::outcome::{Outcome, Verdict};
use shared::queue::{Consumer, Delivery, Queue, QueueSettings, Serves};
use shared::settings::{Settings, Source};
use shared::store::{Claim, Store, StoreSettings};
use shared::submission::{Ending, State};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

const ROLE: &str = "BENCH_STAND_IN";
const NAME: &str = "stand-in";
const PATIENCE: Duration = Duration::from_secs(1);

/// What this worker serves.
pub(crate) fn serves() -> Serves {
    Serves { pools: vec!["default".parse().unwrap()], languages: vec!["bash".to_owned()] }
}

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
    loop {
        let place = places.clone().acquire_owned().await.unwrap();
        let Some(delivery) = consumer.next(&serves(), PATIENCE).await.unwrap() else { continue };
        let (store, queue) = (store.clone(), queue.clone());
        tokio::spawn(async move {
            execute(&store, &queue, &delivery).await;
            drop(place);
        });
    }
}

async fn execute(store: &Store, queue: &Queue, delivery: &Delivery) {
    let claim = store.claim(delivery.submission, NAME).await.unwrap();
    let Claim::Granted(submission) = claim else { panic!("{claim:?}") };
    let outcome = Outcome::new(Verdict::Success);
    let claim = submission.claim_id();
    let finished_at = store.finish(&claim, State::Completed, &outcome).await.unwrap().unwrap();
    let ending = Ending {
        state: State::Completed,
        epoch: claim.epoch,
        worker: Some(claim.worker),
        started_at: submission.started_at,
        finished_at,
        outcome,
    };
    queue.publish_finished(delivery.submission, Some(&ending)).await.unwrap();
    assert!(queue.ack(NAME, delivery).await.unwrap());
}
