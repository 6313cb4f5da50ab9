//! A slot has one submission: the latest. Slots do not touch each other.

use std::time::Duration;

use e2e::{Client, Options, Process, System, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::history;

async fn system() -> System {
    let settings = vec![
        ("AIRLOCK_WORKER_CONCURRENCY", "4"),
        ("AIRLOCK_POOL_READY", "4"),
        ("AIRLOCK_LANGUAGES", "bash"),
    ];
    System::start_with(2, Options { settings, ..Default::default() }).await
}

async fn submit(client: &Client, slot: &str, code: &str) -> String {
    let body = json!({ "code": code, "lang": "bash", "slot": slot });
    let reply = client.post("/api/submit", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["codeSubmissionId"].as_str().expect("an id").to_owned()
}

fn is_superseded(result: &Value) -> bool {
    result["status"] == "cancelled" && result["reason"] == "superseded"
}

async fn runs(client: &Client, id: &str) {
    eventually("it runs", Duration::from_secs(30), async || {
        let result = client.get(&format!("/api/result/{id}")).await.json();
        (result["status"] == "running").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_in_a_hurry_the_last_completes_and_none_runs_beside_another() {
    let system = system().await;
    let (_other_api, other) = system.another_api().await;
    let tabs = [("tab:1", &system.client), ("tab:2", &other)].map(|(slot, client)| async move {
        let mut ids = Vec::new();
        for _ in 0..100 {
            ids.push(submit(client, slot, "sleep 5; echo done").await);
        }
        ids
    });
    for ids in join_all(tabs).await {
        let results = join_all(ids.iter().map(|id| system.client.finished(id))).await;
        let (last, earlier) = results.split_last().unwrap();
        assert_eq!((&last["stdOutput"], last["slot"].is_string()), (&json!("done\n"), true));
        for result in earlier {
            assert!(is_superseded(result), "{result:#}");
        }
        let of = |worker: &Process| history::of_worker(worker, i64::MAX);
        let of_slot = system.workers.iter().flat_map(of);
        let of_slot: Vec<_> = of_slot.filter(|it| ids.contains(&it.submission)).collect();
        assert_eq!(history::most_at_once(&of_slot), 1, "{of_slot:#?}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_two_apis_at_once_the_latest_stays() {
    let system = system().await;
    let (_other_api, other) = system.another_api().await;
    let clients = [&system.client, &other];
    let submit = |nth: usize| submit(clients[nth % 2], "tab", "sleep 5; echo done");
    let mut ids = join_all((0..100).map(submit)).await;
    ids.sort();
    let results = join_all(ids.iter().map(|id| system.client.finished(id))).await;
    let completed: Vec<_> = results.iter().filter(|result| !is_superseded(result)).collect();
    assert_eq!(completed, [results.last().unwrap()]);
    assert_eq!(completed[0]["stdOutput"], "done\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_one_kills_what_runs_in_its_slot_and_nothing_else() {
    let system = system().await;
    let client = &system.client;
    let (here, there) = (
        submit(client, "here", "echo so far; sleep 50").await,
        submit(client, "there", "sleep 8; echo done").await,
    );
    let without_slot = client.submit("bash", "sleep 8; echo done", "").await;
    for id in [&here, &there, &without_slot] {
        runs(client, id).await;
    }
    let next = submit(client, "here", "echo next").await;
    assert_eq!(client.finished(&next).await["stdOutput"], "next\n");
    let superseded = client.finished(&here).await;
    assert!(is_superseded(&superseded), "{superseded:#}");
    for id in [&there, &without_slot] {
        assert_eq!(client.finished(id).await["stdOutput"], "done\n");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_cancels_nothing() {
    let system = system().await;
    let client = &system.client;
    let body = json!({ "code": "sleep 3; echo done", "lang": "bash", "slot": "tab" });
    let asking = client.request("POST", "/api/execute").json(&body);
    let hung_up = tokio::time::timeout(Duration::from_secs(1), asking.send()).await;
    assert!(hung_up.is_err(), "it was to take longer");
    let id = eventually("it has started", Duration::from_secs(30), async || {
        let started = |worker: &Process| history::of_worker(worker, i64::MAX);
        let mut executions = system.workers.iter().flat_map(started);
        executions.next().map(|execution| execution.submission)
    })
    .await;
    assert_eq!(client.finished(&id).await["stdOutput"], "done\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_s_name_is_short_and_plain() {
    let system = system().await;
    for slot in ["a b", "ä", "a/b", &"x".repeat(65)] {
        let body = json!({ "code": "echo", "lang": "bash", "slot": slot });
        let reply = system.client.post("/api/submit", &body).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
        assert_eq!(reply.json()["error"]["code"], "invalidField");
    }
    system.stop().await;
}
