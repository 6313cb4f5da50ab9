//! Breaking things, each at its moment, and mending them again.
//!
//! Whoever breaks a part holds it until it is whole, so that faults of different parts overlap and
//! two of the same part follow each other. What has to hit a moment waits for it in the history and
//! holds up a proxy there; no service knows that it is tested.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::chance::Chance;
use super::containers::ask;
use super::history::Event;
use super::load::{Clients, Submitted, prints};
use super::plan::{Fault, Job, Planned};
use super::stage::{Part, Stage};
use super::{engines, replica_set::ReplicaSet};
use crate::docker;

/// A moment that does not come within this time does not come.
const MOMENT: Duration = Duration::from_secs(5);
/// Past the lease of 15 s.
const PAST_THE_LEASE: Duration = Duration::from_secs(17);
/// What the list asks for.
const QUEUE_PAUSE: Duration = Duration::from_secs(10);
const CLOCK_SKEW_SECONDS: i64 = 600;
const LATENCY: Duration = Duration::from_millis(120);
/// The next checkpoint of MongoDB is never further away.
const DISK_IS_NOTICED: Duration = Duration::from_secs(12);

/// Breaks one thing and mends it.
pub async fn commit(stage: &Stage, clients: &Clients, seed: u64, planned: &Planned) {
    let Planned { fault, lasts, target, .. } = *planned;
    let worker = &stage.workers[target % stage.workers.len()];
    let api = &stage.apis[target % stage.apis.len()];
    match fault {
        Fault::WorkerKilledMidRun => kill_mid_run(stage, worker, lasts).await,
        Fault::WorkerKilledBeforeWrite => kill_before_write(stage, worker).await,
        Fault::WorkerKilledBeforeAck => kill_before_ack(stage, worker).await,
        Fault::WorkerPaused => pause(stage, fault, worker).await,
        Fault::LeaderPaused => pause(stage, fault, leader(stage, worker).await).await,
        Fault::WorkersRestarted => restart_in_turn(stage).await,
        Fault::WorkerClockWrong => wrong_clock(stage, fault, worker, target, lasts).await,
        Fault::ApiClockWrong => wrong_clock(stage, fault, api, target, lasts).await,
        Fault::WorkerCut => cut(stage, fault, worker, lasts).await,
        Fault::ApiCut => cut(stage, fault, api, lasts).await,
        Fault::ApiKilled => kill(stage, fault, api, lasts).await,
        Fault::ApiKilledBeforeEnqueue => {
            kill_before_enqueue(stage, clients, seed, target % stage.apis.len()).await;
        }
        Fault::QueueKilled
        | Fault::QueueLost
        | Fault::QueueFlushed
        | Fault::QueuePaused
        | Fault::QueueFull
        | Fault::QueueSplit
        | Fault::WakeUpsLost
        | Fault::QueueSlow => break_queue(stage, fault, lasts).await,
        Fault::PrimaryKilled
        | Fault::PrimaryPaused
        | Fault::SecondariesKilled
        | Fault::PrimaryCut
        | Fault::StoreSlow
        | Fault::StoreDiskFull => break_store(stage, fault, lasts).await,
        Fault::SandboxesKilled => kill_sandboxes(stage, seed).await,
        Fault::EngineKilled | Fault::EngineDiskFull => {
            engines::break_one(stage, fault, lasts).await
        }
    }
    stage.history.note(Event::Mended { fault });
}

pub(super) fn broken(stage: &Stage, fault: Fault, target: &str) {
    stage.history.note(Event::Broken { fault, target: target.to_owned() });
}

/// Waits until a program starts on a worker.
async fn started_on(stage: &Stage, part: &Part) -> bool {
    let name = part.worker_name();
    let started = stage.history.happens(stage.history.position(), MOMENT, |event| match event {
        Event::Started { worker, id, .. } if Some(worker) == name.as_ref() => Some(id.clone()),
        _ => None,
    });
    started.await.is_some()
}

/// Waits until a program has ended on a worker; which.
async fn ended_on(stage: &Stage, part: &Part) -> Option<String> {
    let name = part.worker_name();
    stage
        .history
        .happens(stage.history.position(), MOMENT, |event| match event {
            Event::Ended { worker, id } if Some(worker) == name.as_ref() => Some(id.clone()),
            _ => None,
        })
        .await
}

async fn kill_mid_run(stage: &Stage, worker: &Part, lasts: Duration) {
    let mut held = worker.hold().await;
    started_on(stage, worker).await;
    broken(stage, Fault::WorkerKilledMidRun, &worker.name);
    worker.kill(&mut held).await;
    sleep(lasts).await;
    worker.start_held(&mut held, &[]).await;
}

/// With nothing getting through to the store, the outcome is on its way when the worker dies, and is
/// lost there.
async fn kill_before_write(stage: &Stage, worker: &Part) {
    let mut held = worker.hold().await;
    let set = stage.store_servers.lock().await;
    started_on(stage, worker).await;
    set.members().iter().for_each(|member| member.way.silence());
    let id = ended_on(stage, worker).await;
    let target = format!("{}, with the outcome of {id:?}", worker.name);
    broken(stage, Fault::WorkerKilledBeforeWrite, &target);
    worker.kill(&mut held).await;
    for member in set.members() {
        member.way.cut();
        member.way.mend();
    }
    set.await_health().await;
    drop(set);
    worker.start_held(&mut held, &[]).await;
}

/// With nothing getting through to Redis, the outcome is in the store when the worker dies, and
/// nobody was told.
async fn kill_before_ack(stage: &Stage, worker: &Part) {
    let mut held = worker.hold().await;
    started_on(stage, worker).await;
    worker.queue_way.silence();
    let mut written = None;
    if let Some(id) = ended_on(stage, worker).await {
        let id = id.parse().unwrap();
        let look = async {
            loop {
                let stored = stage.store().get(id).await;
                if stored.is_ok_and(|stored| stored.is_some_and(|it| it.state.is_final())) {
                    return id;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        written = timeout(MOMENT, look).await.ok();
    }
    let target = format!("{}, after the outcome of {written:?}", worker.name);
    broken(stage, Fault::WorkerKilledBeforeAck, &target);
    worker.kill(&mut held).await;
    worker.queue_way.cut();
    worker.queue_way.mend();
    worker.start_held(&mut held, &[]).await;
}

async fn pause(stage: &Stage, fault: Fault, worker: &Part) {
    use nix::sys::signal::Signal;
    let held = worker.hold().await;
    started_on(stage, worker).await;
    broken(stage, fault, &worker.name);
    let Some(process) = held.as_ref() else { return };
    process.signal(Signal::SIGSTOP);
    sleep(PAST_THE_LEASE).await;
    process.signal(Signal::SIGCONT);
}

/// The worker that leads, or another one if that cannot be said.
async fn leader<'a>(stage: &'a Stage, otherwise: &'a Part) -> &'a Part {
    let leader = stage.leader().await;
    let leads = |part: &&Part| leader.is_some() && part.worker_name() == leader;
    stage.workers.iter().find(leads).unwrap_or(otherwise)
}

async fn restart_in_turn(stage: &Stage) {
    broken(stage, Fault::WorkersRestarted, "all");
    for worker in &stage.workers {
        let mut held = worker.hold().await;
        worker.drain(&mut held).await;
        worker.start_held(&mut held, &[]).await;
    }
}

async fn wrong_clock(stage: &Stage, fault: Fault, part: &Part, target: usize, lasts: Duration) {
    let seconds = if target.is_multiple_of(2) { CLOCK_SKEW_SECONDS } else { -CLOCK_SKEW_SECONDS };
    let mut held = part.hold().await;
    broken(stage, fault, &format!("{} by {seconds} s", part.name));
    part.drain(&mut held).await;
    part.start_held(&mut held, &stage.clock.settings(seconds)).await;
    sleep(lasts).await;
    part.drain(&mut held).await;
    part.start_held(&mut held, &[]).await;
}

async fn cut(stage: &Stage, fault: Fault, part: &Part, lasts: Duration) {
    let _held = part.hold().await;
    broken(stage, fault, &part.name);
    part.queue_way.cut();
    sleep(lasts).await;
    part.queue_way.mend();
}

async fn kill(stage: &Stage, fault: Fault, part: &Part, lasts: Duration) {
    let mut held = part.hold().await;
    broken(stage, fault, &part.name);
    part.kill(&mut held).await;
    sleep(lasts).await;
    part.start_held(&mut held, &[]).await;
}

/// With nothing getting through to Redis, the API stores the submission and then waits in vain: that
/// is when it dies.
async fn kill_before_enqueue(stage: &Stage, clients: &Clients, seed: u64, number: usize) {
    let api = &stage.apis[number];
    let mut held = api.hold().await;
    let job = Job {
        // None of the plan has it.
        number: 1_000_000,
        at: Duration::ZERO,
        tenant: "one",
        priority: "normal",
        lang: "bash",
        sleep: Duration::ZERO,
        tests: false,
        keyed: false,
        waiters: 0,
        cancel_after: None,
    };
    api.queue_way.silence();
    let stored = async {
        while !stage.has_stored(prints(seed, &job).trim_end()).await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let answer = tokio::select! {
        answer = clients.submit(seed, &job, number) => Some(answer),
        () = stored => None,
        () = sleep(MOMENT) => None,
    };
    let in_time = if matches!(answer, Some(Submitted::Accepted(_))) { "after" } else { "before" };
    broken(stage, Fault::ApiKilledBeforeEnqueue, &format!("{}, {in_time} its answer", api.name));
    api.kill(&mut held).await;
    api.queue_way.cut();
    api.queue_way.mend();
    api.start_held(&mut held, &[]).await;
}

async fn break_queue(stage: &Stage, fault: Fault, lasts: Duration) {
    let mut server = stage.queue_server.lock().await;
    broken(stage, fault, "redis");
    match fault {
        Fault::QueueKilled => {
            server.container.kill().await;
            sleep(lasts).await;
            server.container.restart().await;
            server.answers().await;
        }
        Fault::QueueLost => server.replace(&stage.redis_image).await,
        Fault::QueueFlushed => server.ask::<()>(&["FLUSHALL"]).await.unwrap(),
        Fault::QueuePaused => {
            server.container.pause().await;
            sleep(QUEUE_PAUSE).await;
            server.container.unpause().await;
        }
        Fault::QueueFull => {
            server.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await.unwrap();
            sleep(lasts).await;
            server.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await.unwrap();
        }
        Fault::QueueSplit => {
            let replica = server.start_replica(&stage.redis_image).await;
            replica.ask::<()>(&["REPLICAOF", "NO", "ONE"]).await.unwrap();
            let address = replica.address();
            // Every second one notices at once, the others only later.
            stage.queue_ways().step_by(2).for_each(|way| way.lead_to(&address));
            sleep(lasts).await;
            stage.queue_ways().for_each(|way| way.lead_to(&address));
            *server = replica;
        }
        Fault::WakeUpsLost => {
            server.ask::<()>(&["ACL", "SETUSER", "default", "-publish"]).await.unwrap();
            sleep(lasts).await;
            server.ask::<()>(&["ACL", "SETUSER", "default", "+publish"]).await.unwrap();
        }
        Fault::QueueSlow => {
            stage.queue_ways().for_each(|way| way.slow_down(LATENCY));
            sleep(lasts).await;
            stage.queue_ways().for_each(|way| way.slow_down(Duration::ZERO));
        }
        other => unreachable!("{other:?} is not Redis's"),
    }
}

async fn break_store(stage: &Stage, fault: Fault, lasts: Duration) {
    let set = stage.store_servers.lock().await;
    let primary = set.primary().await;
    let hit = match fault {
        Fault::StoreSlow => "all".to_owned(),
        _ => primary.way.address().to_string(),
    };
    broken(stage, fault, &hit);
    match fault {
        Fault::PrimaryKilled => {
            primary.container.kill().await;
            sleep(lasts).await;
            primary.container.restart().await;
        }
        Fault::PrimaryPaused => {
            primary.container.pause().await;
            sleep(lasts + MOMENT).await;
            primary.container.unpause().await;
        }
        Fault::SecondariesKilled => {
            let secondaries = set.secondaries().await;
            for secondary in &secondaries {
                secondary.container.kill().await;
            }
            sleep(lasts).await;
            for secondary in &secondaries {
                secondary.container.restart().await;
            }
        }
        Fault::PrimaryCut => {
            primary.way.cut();
            sleep(lasts + MOMENT).await;
            primary.way.mend();
        }
        Fault::StoreSlow => {
            set.members().iter().for_each(|member| member.way.slow_down(LATENCY / 4));
            sleep(lasts).await;
            set.members().iter().for_each(|member| member.way.slow_down(Duration::ZERO));
        }
        Fault::StoreDiskFull => fill_disk(&set, lasts).await,
        other => unreachable!("{other:?} is not MongoDB's"),
    }
    set.await_health().await;
}

/// A MongoDB that cannot write ends itself. If it has not by then, it is killed with the disk full.
async fn fill_disk(set: &ReplicaSet, lasts: Duration) {
    let primary = set.primary().await;
    let disk = primary.disk.as_ref().unwrap();
    disk.fill();
    let ended = async {
        while primary.container.runs().await {
            sleep(Duration::from_millis(200)).await;
        }
    };
    if timeout(DISK_IS_NOTICED, ended).await.is_err() {
        primary.container.kill().await;
    }
    sleep(lasts).await;
    disk.free();
    primary.container.restart().await;
}

async fn kill_sandboxes(stage: &Stage, seed: u64) {
    let mut chance = Chance::new(seed);
    let sandboxes = stage.sandboxes().await;
    broken(stage, Fault::SandboxesKilled, &format!("about half of {}", sandboxes.len()));
    for (id, _) in sandboxes.iter().filter(|_| chance.once_in(2)) {
        // It may have served and be gone by now.
        docker(&["kill", "--signal", "KILL", id]).await;
    }
}

/// The names of a language's images on the engine of the tests.
pub(super) async fn images_of(lang: &str) -> Vec<String> {
    let name = format!("airlock/language-{lang}");
    let listed = ask(&["images", "--format", "{{.Repository}}:{{.Tag}}", &name]).await;
    listed.lines().map(str::to_owned).collect()
}
