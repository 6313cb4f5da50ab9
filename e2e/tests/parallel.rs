//! A user has only so many submissions that run at once, whoever asks for more and whatever dies.

use std::time::Duration;

use e2e::chaos::chance::Chance;
use e2e::{Client, Options, Process, System, eventually};
use futures_util::future::join_all;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::history;

const MAX: usize = 2;
const SUBMISSIONS: usize = 50;

/// It does not end by itself while a test looks at it.
const ENDLESS: &str = "sleep 1000";

async fn system(workers: usize, over: &'static str) -> System {
    let settings = vec![
        ("AIRLOCK_DEFAULT_MAX_PARALLEL", "2"),
        ("AIRLOCK_DEFAULT_OVER_PARALLEL", over),
        // More places than may be used.
        ("AIRLOCK_WORKER_CONCURRENCY", "4"),
        ("AIRLOCK_POOL_READY", "4"),
        ("AIRLOCK_LANGUAGES", "bash"),
    ];
    System::start_with(workers, Options { settings, ..Default::default() }).await
}

async fn ends_of(client: &Client, ids: &[String]) -> Vec<Value> {
    join_all(ids.iter().map(|id| client.finished(id))).await
}

/// Submits over both APIs in an order and at times that follow from the seed; the ids, the oldest
/// first.
async fn submit_at_random(clients: [&Client; 2], seed: u64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let submitting = (0..SUBMISSIONS).map(|_| {
        let client = *chance.one_of(&clients);
        let pause = chance.millis(0..400);
        async move {
            tokio::time::sleep(pause).await;
            let limits = json!({ "wallMs": 60_000 });
            let body = json!({ "code": ENDLESS, "lang": "bash", "limits": limits });
            let reply = client.post("/api/submit", &body).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
            reply.json()["codeSubmissionId"].as_str().expect("an id").to_owned()
        }
    });
    let mut ids = join_all(submitting.collect::<Vec<_>>()).await;
    ids.sort();
    ids
}

/// That the latest two run, and the others are superseded. The two are cancelled then.
async fn only_the_oldest_are_cancelled(client: &Client, ids: &[String], what: &str) {
    let (superseded, latest) = ids.split_at(ids.len() - MAX);
    for result in ends_of(client, superseded).await {
        let told = (&result["status"], &result["verdict"], &result["reason"]);
        let expected = (&json!("cancelled"), &json!("cancelled"), &json!("superseded"));
        assert_eq!(told, expected, "{what}: {result:#}");
    }
    for id in latest {
        eventually("it runs", Duration::from_secs(40), async || {
            let result = client.get(&format!("/api/result/{id}")).await.json();
            (result["status"] == "running").then_some(())
        })
        .await;
    }
    for id in latest {
        let reply = client.send(client.request("DELETE", &format!("/api/submissions/{id}"))).await;
        assert!(reply.status.is_success(), "{what}: {}", reply.text);
    }
    for result in ends_of(client, latest).await {
        let told = (&result["status"], &result["reason"]);
        assert_eq!(told, (&json!("cancelled"), &Value::Null), "{what}: {result:#}");
    }
}

/// What these workers have executed of these, when all of it has ended in their logs. Each comes with
/// the moment at which it was killed.
async fn executions_of(workers: &[(&Process, i64)], ids: &[String]) -> Vec<history::Execution> {
    eventually("all have ended in the logs", Duration::from_secs(30), async || {
        let executions =
            workers.iter().flat_map(|(worker, killed)| history::of_worker(worker, *killed));
        let executions: Vec<_> = executions.filter(|it| ids.contains(&it.submission)).collect();
        executions.iter().all(|it| it.ended < i64::MAX).then_some(executions)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_never_more_than_two_run_and_exactly_the_oldest_are_cancelled() {
    let system = system(2, "cancelOldest").await;
    let (_other_api, other) = system.another_api().await;
    let workers: Vec<_> = system.workers.iter().map(|worker| (worker, i64::MAX)).collect();
    for seed in 0..20 {
        let ids = submit_at_random([&system.client, &other], seed).await;
        only_the_oldest_are_cancelled(&system.client, &ids, &format!("seed {seed}")).await;
        let executions = executions_of(&workers, &ids).await;
        let most = history::most_at_once(&executions);
        assert!((1..=MAX).contains(&most), "seed {seed}: {most} at once: {executions:#?}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_worker_is_killed_in_the_middle_there_are_still_no_more_than_two() {
    let mut system = system(3, "cancelOldest").await;
    let (_other_api, other) = system.another_api().await;
    let clients = [system.client.clone(), other];
    let submitting =
        tokio::spawn(async move { submit_at_random([&clients[0], &clients[1]], 4711).await });
    let has_started = |worker: &Process| !worker.logged("execution started").is_empty();
    let victim = eventually("one executes", Duration::from_secs(30), async || {
        system.workers.iter().position(has_started)
    })
    .await;
    let victim = system.workers.remove(victim);
    victim.signal(Signal::SIGKILL);
    let killed_at = history::now();
    let ids = submitting.await.unwrap();
    only_the_oldest_are_cancelled(&system.client, &ids, "with a killed worker").await;
    let alive = system.workers.iter().map(|worker| (worker, i64::MAX));
    let workers: Vec<_> = alive.chain([(&victim, killed_at)]).collect();
    let executions = executions_of(&workers, &ids).await;
    let most = history::most_at_once(&executions);
    assert!((1..=MAX).contains(&most), "{most} at once: {executions:#?}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_place_gets_it_in_turn_and_redis_may_be_emptied_meanwhile() {
    let system = system(2, "queue").await;
    let (_other_api, other) = system.another_api().await;
    let ids = {
        let clients = [&system.client, &other];
        let submit = |nth: usize| clients[nth % 2].submit("bash", "sleep 1; echo done", "");
        join_all((0..10).map(submit)).await
    };
    let queue = system.queue();
    eventually("two run", Duration::from_secs(30), async || {
        (system.logged_by_workers("execution started") >= 2).then_some(())
    })
    .await;
    queue.erase().await.unwrap();
    for result in ends_of(&system.client, &ids).await {
        assert_eq!(result["stdOutput"], "done\n", "{result:#}");
    }
    let of = |worker| history::of_worker(worker, i64::MAX);
    let executions: Vec<_> = system.workers.iter().flat_map(of).collect();
    let most = history::most_at_once(&executions);
    assert!((1..=MAX).contains(&most), "{most} at once: {executions:#?}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_two_are_taken_in_and_the_others_are_told_to_come_back() {
    let system = system(1, "reject").await;
    let (_other_api, other) = system.another_api().await;
    let clients = [&system.client, &other];
    let body = json!({ "code": "sleep 3; echo done", "lang": "bash" });
    let submit = |nth: usize| clients[nth % 2].post("/api/submit", &body);
    let replies = join_all((0..SUBMISSIONS).map(submit)).await;
    let (taken, refused): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(taken.len(), MAX);
    for reply in refused {
        assert_eq!(reply.status, 429, "{}", reply.text);
        assert_eq!(reply.json()["error"]["code"], "parallelLimit");
        assert!(reply.headers.contains_key("retry-after"));
    }
    for reply in taken {
        let id = reply.json()["codeSubmissionId"].as_str().unwrap().to_owned();
        assert_eq!(system.client.finished(&id).await["stdOutput"], "done\n");
    }
    // Whoever knows that one has ended may submit the next at once.
    for _ in 0..10 {
        assert_eq!(system.client.run("bash", "echo next", "").await["stdOutput"], "next\n");
    }
    system.stop().await;
}
