//! How long light tenants wait beside a heavy one, how equal the shares of equals are, and what that
//! costs beside a plain stream.
//!
//! Store and sandbox are left out: what is measured is whose turn it is. A worker's place is held for
//! a fixed time for each job.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::stand_in::serves;
use e2e::{System, given};
use redis::AsyncCommands;
use redis::streams::{StreamReadOptions, StreamReadReply};
use shared::placement::{Placement, Priority};
use shared::queue::{Consumer, Delivery, Queue};
use shared::store::Waiting;
use shared::submission::SubmissionId;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::figures::{jain, percentile};

const HEAVY: usize = 10_000;
const LIGHT: usize = 200;
const EQUALS: usize = 10;
const JOBS_OF_EACH: usize = 300;
const PLACES: usize = 4;
const JOB: Duration = Duration::from_millis(8);
const BATCH: usize = 500;
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn measure() {
    let system = System::start(0).await;
    let queue = system.queue();
    println!("\n{LIGHT} light tenants' waits in ms; {PLACES} places, {} ms a job", JOB.as_millis());
    println!("{:>34} {:>8} {:>8}", "", "p50", "p99");
    let empty = light_waits(&queue, 0).await;
    row("on an empty system", &empty);
    queue.erase().await.unwrap();
    let beside = light_waits(&queue, HEAVY).await;
    row("beside 10,000 jobs of another", &beside);
    queue.erase().await.unwrap();
    let plain = light_waits_in_a_stream().await;
    row("the same in a plain stream", &plain);
    let ratio = percentile(&mut beside.clone(), 50) / percentile(&mut empty.clone(), 50).max(0.001);
    println!("p50 beside the heavy tenant / alone: {ratio:.2} (wanted: at most 2)");

    let index = index_of_equals(&queue).await;
    println!("Jain's index of {EQUALS} equals: {index:.4} (wanted: 0.95)");
    queue.erase().await.unwrap();

    let (fair, plain) = (drain_fair(&queue).await, drain_plain().await);
    println!(
        "the heavy tenant alone: {fair:.0} jobs/s through the fair backlog, {plain:.0} through a plain \
         stream, {:.0} µs and {:.0} µs a job",
        1e6 / fair,
        1e6 / plain
    );
    system.stop().await;
}

fn row(name: &str, waits: &[Duration]) {
    let at = |percent| percentile(&mut waits.to_vec(), percent);
    println!("{name:>34} {:>8.1} {:>8.1}", at(50), at(99));
}

fn job(tenant: &str) -> Waiting {
    let placement = Placement {
        tenant: tenant.parse().unwrap(),
        priority: Priority::Normal,
        ..Placement::default()
    };
    Waiting { id: SubmissionId::new(), lang: "bash".to_owned(), placement }
}

async fn enqueue(queue: &Queue, jobs: &[Waiting]) {
    for batch in jobs.chunks(BATCH) {
        queue.enqueue(batch).await.unwrap();
    }
}

/// Takes jobs with all places until `enough` says so of one of them.
async fn work(queue: Queue, hold: Duration, mut enough: impl FnMut(&Delivery) -> bool) {
    let places = Arc::new(Semaphore::new(PLACES));
    let mut consumer = Consumer::new(queue.clone(), "bench");
    let serves = serves(&["bash"]);
    loop {
        let place = places.clone().acquire_owned().await.unwrap();
        // A bell may have rung for what somebody else took.
        let Some(delivery) = consumer.next(&serves, PATIENCE).await.unwrap() else { continue };
        if enough(&delivery) {
            return;
        }
        let queue = queue.clone();
        tokio::spawn(async move {
            sleep(hold).await;
            queue.ack("bench", &delivery).await.unwrap();
            drop(place);
        });
    }
}

/// How long each of the light tenants' jobs waits, one of each and all at once, where another tenant
/// has so many before them.
async fn light_waits(queue: &Queue, heavy: usize) -> Vec<Duration> {
    let backlog: Vec<Waiting> = (0..heavy).map(|_| job("heavy")).collect();
    enqueue(queue, &backlog).await;
    let (sent, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let worker = tokio::spawn(work(queue.clone(), JOB, {
        let mut light = 0;
        move |delivery| {
            if delivery.placement.tenant.as_str() != "heavy" {
                light += 1;
                let _ = sent.send((delivery.submission, Instant::now()));
            }
            light == LIGHT
        }
    }));
    let mut enqueued = HashMap::new();
    for number in 0..LIGHT {
        let waiting = job(&format!("light-{number}"));
        enqueued.insert(waiting.id, Instant::now());
        queue.enqueue(&[waiting]).await.unwrap();
    }
    worker.await.unwrap();
    let mut waits = Vec::new();
    while let Ok((id, at)) = taken.try_recv() {
        waits.push(at.saturating_duration_since(enqueued[&id]));
    }
    waits
}

/// Half of the jobs of tenants that all wait: how equally they come from each.
async fn index_of_equals(queue: &Queue) -> f64 {
    let mut jobs = Vec::new();
    for tenant in 0..EQUALS {
        jobs.extend((0..JOBS_OF_EACH).map(|_| job(&format!("equal-{tenant}"))));
    }
    enqueue(queue, &jobs).await;
    let served = Arc::new(std::sync::Mutex::new(BTreeMap::<String, f64>::new()));
    let counted = served.clone();
    let mut left = jobs.len() / 2;
    work(queue.clone(), Duration::ZERO, move |delivery| {
        let tenant = delivery.placement.tenant.as_str().to_owned();
        *counted.lock().unwrap().entry(tenant).or_default() += 1.0;
        left -= 1;
        left == 0
    })
    .await;
    let mut shares: Vec<f64> = served.lock().unwrap().values().copied().collect();
    shares.resize(EQUALS, 0.0);
    jain(&shares)
}

/// Jobs a second of one tenant through the queue, put there, taken and acknowledged one by one.
async fn drain_fair(queue: &Queue) -> f64 {
    let mut consumer = Consumer::new(queue.clone(), "bench");
    let serves = serves(&["bash"]);
    let began = Instant::now();
    for _ in 0..HEAVY {
        queue.enqueue(&[job("heavy")]).await.unwrap();
    }
    for _ in 0..HEAVY {
        let delivery = consumer.next(&serves, PATIENCE).await.unwrap().unwrap();
        queue.ack("bench", &delivery).await.unwrap();
    }
    HEAVY as f64 / began.elapsed().as_secs_f64()
}

/// A stream with a group, and nothing else.
struct Plain(redis::aio::MultiplexedConnection, String);

impl Plain {
    async fn new() -> Self {
        let client = redis::Client::open(given("AIRLOCK_TEST_REDIS_URL")).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let key = format!("bench-{}", uuid::Uuid::new_v4().simple());
        let () = connection.xgroup_create_mkstream(&key, "workers", "0").await.unwrap();
        Self(connection, key)
    }

    async fn add(&mut self, id: &str) {
        let () = self.0.xadd(&self.1, "*", &[("id", id)]).await.unwrap();
    }

    /// The next one's id, taken and acknowledged.
    async fn take(&mut self) -> Option<String> {
        let options = StreamReadOptions::default().group("workers", "bench").count(1);
        let read: Option<StreamReadReply> =
            self.0.xread_options(&[&self.1], &[">"], &options).await.unwrap();
        let entry = read?.keys.pop()?.ids.pop()?;
        let () = self.0.xack(&self.1, "workers", &[&entry.id]).await.unwrap();
        let () = self.0.xdel(&self.1, &[&entry.id]).await.unwrap();
        entry.get("id")
    }

    async fn end(mut self) {
        let () = self.0.del(&self.1).await.unwrap();
    }
}

async fn drain_plain() -> f64 {
    let mut plain = Plain::new().await;
    let began = Instant::now();
    for _ in 0..HEAVY {
        plain.add(&SubmissionId::new().to_string()).await;
    }
    for _ in 0..HEAVY {
        plain.take().await.unwrap();
    }
    let rate = HEAVY as f64 / began.elapsed().as_secs_f64();
    plain.end().await;
    rate
}

/// The light tenants' waits where all wait in one line.
async fn light_waits_in_a_stream() -> Vec<Duration> {
    let mut plain = Plain::new().await;
    for _ in 0..HEAVY {
        plain.add("heavy").await;
    }
    let mut enqueued = Vec::new();
    for number in 0..LIGHT {
        enqueued.push(Instant::now());
        plain.add(&number.to_string()).await;
    }
    let places = Arc::new(Semaphore::new(PLACES));
    let mut waits = Vec::new();
    loop {
        let place = places.clone().acquire_owned().await.unwrap();
        let Some(id) = plain.take().await else { break };
        if let Ok(number) = id.parse::<usize>() {
            waits.push(enqueued[number].elapsed());
        }
        tokio::spawn(async move {
            sleep(JOB).await;
            drop(place);
        });
    }
    plain.end().await;
    waits
}
