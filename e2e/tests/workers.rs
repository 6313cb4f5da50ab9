//! Several workers share the work; when one dies or stops, nothing is lost and nothing stays behind.

use std::collections::HashSet;
use std::time::Duration;

use e2e::{System, docker, eventually};
use futures_util::future::join_all;
use nix::sys::signal::Signal;
use shared::store::MAX_STARTS;

/// A lease, the look for ended ones, and a run: when a dead worker's job is surely finished.
const TAKE_OVER: Duration = Duration::from_secs(45);

async fn submit_many(system: &System, count: usize, code: &str) -> Vec<String> {
    join_all((0..count).map(|_| system.client.submit("bash", code, ""))).await
}

async fn all_finished(system: &System, ids: &[String]) -> Vec<serde_json::Value> {
    join_all(ids.iter().map(|id| system.client.finished(id))).await
}

async fn no_container_of_it_is_left(system: &System, worker: &str) {
    eventually("no container of it is left", Duration::from_secs(60), async || {
        system.containers_of(worker).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_jobs_and_each_is_executed_once() {
    let system = System::start(2).await;
    let ids = submit_many(&system, 40, "sleep 0.1; echo done").await;
    let results = all_finished(&system, &ids).await;
    assert!(results.iter().all(|result| result["stdOutput"] == "done\n"));
    let workers: HashSet<_> =
        results.iter().map(|result| result["worker"].as_str().unwrap()).collect();
    assert_eq!(workers.len(), 2, "{workers:?}");
    assert_eq!(system.logged_by_workers("execution started"), 40);
    // Out of the queue, too.
    let queue = system.queue();
    eventually("the queue is empty", Duration::from_secs(10), async || {
        (queue.length().await.unwrap() == 0).then_some(())
    })
    .await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_s_jobs_are_finished_by_another_and_its_containers_vanish() {
    let mut system = System::start(2).await;
    let ids = submit_many(&system, 12, "sleep 2; echo done").await;
    let name = system.workers[0].worker_name();
    // An execution that has started may still wait for its container.
    eventually("both run something", Duration::from_secs(30), async || {
        let busy = |worker: &e2e::Process| !worker.logged("execution started").is_empty();
        let both = system.workers.iter().all(busy);
        (both && !system.containers_of(&name).await.is_empty()).then_some(())
    })
    .await;
    let mut killed = system.workers.remove(0);
    killed.signal(Signal::SIGKILL);
    assert_eq!(killed.ended().await, None);
    let results = tokio::time::timeout(TAKE_OVER, all_finished(&system, &ids)).await.unwrap();
    assert!(results.iter().all(|result| result["stdOutput"] == "done\n"));
    no_container_of_it_is_left(&system, &name).await;
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_worker_cannot_overwrite_the_result_of_the_one_that_took_over() {
    let mut system = System::start(1).await;
    let id = system.client.submit("bash", "sleep 1; echo done", "").await;
    eventually("it runs", Duration::from_secs(30), async || {
        (!system.workers[0].logged("execution started").is_empty()).then_some(())
    })
    .await;
    system.workers[0].signal(Signal::SIGSTOP);
    system.add_worker().await;
    let result = tokio::time::timeout(TAKE_OVER, system.client.finished(&id)).await.unwrap();
    assert_eq!(result["stdOutput"], "done\n");
    system.workers[0].signal(Signal::SIGCONT);
    // It notices by itself that the job is not its own any more, and goes on serving.
    eventually("the paused worker gives up", Duration::from_secs(30), async || {
        let worker = &system.workers[0];
        let gave_up = worker.logged("outcome dropped: the submission was taken over").len()
            + worker.logged("lease lost").len();
        (gave_up > 0).then_some(())
    })
    .await;
    assert_eq!(system.client.finished(&id).await, result, "a final state never changes");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_finishes_what_it_runs_and_takes_no_more() {
    let mut system = System::start(1).await;
    let running = submit_many(&system, 2, "sleep 3; echo done").await;
    eventually("both run", Duration::from_secs(30), async || {
        (system.workers[0].logged("execution started").len() == 2).then_some(())
    })
    .await;
    system.workers[0].signal(Signal::SIGTERM);
    let waiting = system.client.submit("bash", "echo later", "").await;
    assert_eq!(system.workers[0].ended().await, Some(0));
    for result in all_finished(&system, &running).await {
        assert_eq!(result["stdOutput"], "done\n");
    }
    let pending = system.client.get(&format!("/api/result/{waiting}")).await.json();
    assert_eq!(pending["status"], "queued");
    assert!(system.containers().await.is_empty(), "nothing stays behind, nothing waits");
    system.add_worker().await;
    assert_eq!(system.client.finished(&waiting).await["stdOutput"], "later\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_twice_hands_its_job_to_another_at_once() {
    let mut system = System::start(1).await;
    let id = system.client.submit("bash", "sleep 5; echo done", "").await;
    eventually("it runs", Duration::from_secs(30), async || {
        (!system.workers[0].logged("execution started").is_empty()).then_some(())
    })
    .await;
    for message in ["draining", "stopping at once"] {
        system.workers[0].signal(Signal::SIGTERM);
        eventually(message, Duration::from_secs(10), async || {
            (!system.workers[0].logged(message).is_empty()).then_some(())
        })
        .await;
    }
    assert_eq!(system.workers[0].ended().await, Some(0));
    let pending = system.client.get(&format!("/api/result/{id}")).await.json();
    assert_eq!(pending["status"], "queued", "it was not waited for, and does not wait for a lease");
    system.add_worker().await;
    assert_eq!(system.client.finished(&id).await["stdOutput"], "done\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_takes_too_long_hands_the_job_to_another_worker() {
    let options = e2e::Options {
        settings: vec![("AIRLOCK_WORKER_DRAIN_SECONDS", "1")],
        ..Default::default()
    };
    let mut system = System::start_with(1, options).await;
    let id = system.client.submit("bash", "sleep 5; echo done", "").await;
    eventually("it runs", Duration::from_secs(30), async || {
        (!system.workers[0].logged("execution started").is_empty()).then_some(())
    })
    .await;
    system.workers[0].signal(Signal::SIGTERM);
    assert_eq!(system.workers[0].ended().await, Some(0));
    system.add_worker().await;
    // Handed back, not left to the lease: the next worker has it at once.
    let result = system.client.finished(&id).await;
    assert_eq!(result["stdOutput"], "done\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_restarted_in_turn_under_load_lose_nothing_and_repeat_nothing() {
    const JOBS: usize = 90;
    let mut system = System::start(3).await;
    let over = tokio::spawn({
        let client = system.client.clone();
        async move {
            let submitted = (0..JOBS).map(|nth| {
                let client = client.clone();
                async move {
                    tokio::time::sleep(Duration::from_millis(200) * nth as u32).await;
                    let id = client.submit("bash", "sleep 0.5; echo done", "").await;
                    client.finished(&id).await
                }
            });
            join_all(submitted).await
        }
    });
    let mut started = 0;
    for _ in 0..3 {
        let mut oldest = system.workers.remove(0);
        eventually("it has work", Duration::from_secs(30), async || {
            (!oldest.logged("execution started").is_empty()).then_some(())
        })
        .await;
        oldest.signal(Signal::SIGTERM);
        assert_eq!(oldest.ended().await, Some(0));
        assert!(system.containers_of(&oldest.worker_name()).await.is_empty());
        started += oldest.logged("execution started").len();
        system.add_worker().await;
    }
    let results = over.await.unwrap();
    assert!(results.iter().all(|result| result["stdOutput"] == "done\n"), "{results:#?}");
    assert_eq!(started + system.logged_by_workers("execution started"), JOBS);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_no_worker_survives_fails_instead_of_going_round_for_ever() {
    let mut system = System::start(0).await;
    let id = system.client.submit("bash", "echo done", "").await;
    let store = system.store().await;
    for _ in 0..MAX_STARTS {
        store.claim(id.parse().unwrap(), "a worker that dies").await.unwrap();
    }
    system.add_worker().await;
    let result = system.client.finished(&id).await;
    assert_eq!(
        (&result["status"], &result["verdict"], &result["reason"]),
        (&"failed".into(), &"internalError".into(), &"poison".into()),
        "{result:#}"
    );
    system.stop().await;
}

const GONE: &str = "a worker that is gone";

/// A container that was created and never started, as a worker leaves it that dies in between.
async fn create_container(instance: &str) -> String {
    let labels = [
        &format!("airlock.instance={instance}"),
        "airlock.role=sandbox",
        &format!("airlock.owner={GONE}"),
    ];
    let mut create = vec!["create"];
    for label in labels {
        create.extend(["--label", label]);
    }
    create.extend(["debian:trixie-slim", "true"]);
    let (success, printed) = docker(&create).await;
    assert!(success, "{printed}");
    printed.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_of_a_worker_that_is_gone_is_removed_and_no_other() {
    let system = System::start(1).await;
    let foreign = create_container(&format!("not-{}", system.prefix())).await;
    create_container(system.prefix()).await;
    no_container_of_it_is_left(&system, GONE).await;
    let (success, printed) = docker(&["rm", &foreign]).await;
    assert!(success, "another system's container was touched: {printed}");
    system.stop().await;
}
