//! A submission may wait in the queue for so long and no longer.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::time::Duration;

use e2e::{Options, System, eventually};
use serde_json::{Value, json};

async fn submit(system: &System, body: Value) -> String {
    let reply = system.client.post("/api/submit", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["codeSubmissionId"].as_str().unwrap().to_owned()
}

fn assert_expired(result: &Value) {
    assert_eq!(
        (&result["status"], &result["verdict"], &result["reason"], &result["startedAt"]),
        (&"failed".into(), &"internalError".into(), &"expired".into(), &Value::Null),
        "{result:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_told_when_its_time_is_over_and_it_never_runs() {
    let system = System::start(1).await;
    let long = json!({ "code": "sleep 8; echo done", "lang": "bash" });
    let running = [submit(&system, long.clone()).await, submit(&system, long).await];
    eventually("both places are taken", Duration::from_secs(30), async || {
        (system.workers[0].logged("execution started").len() == 2).then_some(())
    })
    .await;
    let short = json!({ "code": "echo late", "lang": "bash", "queueTtlMs": 500 });
    let id = submit(&system, short).await;
    let reply = system.client.get(&format!("/api/result/{id}?wait=6")).await;
    assert_expired(&reply.json());
    assert_eq!(system.queue().length().await.unwrap(), 2, "it is out of the queue");
    for id in &running {
        assert_eq!(system.client.finished(id).await["stdOutput"], "done\n");
    }
    assert_eq!(system.logged_by_workers("execution started"), 2);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_came_to_take_in_time_is_not_taken_later() {
    let settings = vec![("AIRLOCK_QUEUE_TTL_SECONDS", "1")];
    let mut system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let body = json!({ "code": "echo late", "lang": "bash" });
    let usual = submit(&system, body.clone()).await;
    let longer =
        submit(&system, json!({ "code": "echo late", "lang": "bash", "queueTtlMs": 600_000 }));
    let longer = longer.await;
    // Older than its time: a worker needs longer than that to start.
    system.add_worker().await;
    assert_expired(&system.client.finished(&usual).await);
    assert_eq!(system.client.finished(&longer).await["stdOutput"], "late\n");
    system.stop().await;
}
