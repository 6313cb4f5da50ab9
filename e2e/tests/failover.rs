//! The primary of a MongoDB of three members dies, as MongoDB is by default: submitting stalls for a
//! moment, and nothing that was accepted is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use e2e::chaos::replica_set::ReplicaSet;
use e2e::{Options, System, given};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

/// MongoDB's own.
const ELECTION_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_STALL: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(250);
/// How long is submitted before the primary dies, and after submitting goes on.
const CALM: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_primary_stalls_submitting_for_a_moment_and_loses_nothing() {
    let set = ReplicaSet::start(&given("AIRLOCK_TEST_MONGO_IMAGE"), ELECTION_TIMEOUT).await;
    let options = Options { mongodb_url: Some(set.url()), ..Default::default() };
    let system = System::start_with(1, options).await;
    let over = Arc::new(AtomicBool::new(false));
    let submitting = tokio::spawn({
        let (client, over) = (system.client.clone(), over.clone());
        async move {
            let body = json!({ "code": "echo done", "lang": "bash" });
            let mut accepted = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let reply = client.post("/api/submit", &body).await;
                match reply.status {
                    StatusCode::CREATED => {
                        let id = reply.json()["codeSubmissionId"].as_str().unwrap().to_owned();
                        accepted.push((Instant::now(), id));
                    }
                    // Nothing has happened, and it may be tried again.
                    StatusCode::SERVICE_UNAVAILABLE => {
                        assert!(reply.headers.contains_key("retry-after"));
                    }
                    _ => panic!("{}: {}", reply.status, reply.text),
                }
                tokio::time::sleep(PAUSE).await;
            }
            accepted
        }
    });
    tokio::time::sleep(CALM).await;
    let killed = set.primary().await;
    killed.container.kill().await;
    tokio::time::sleep(MOST_STALL + CALM).await;
    over.store(true, Ordering::Relaxed);
    let accepted = submitting.await.unwrap();
    let stall = accepted.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap();
    assert!(stall <= MOST_STALL, "it stalled for {stall:?}");
    let last = accepted.last().unwrap().0;
    assert!(last.elapsed() < CALM, "submitting did not go on after {stall:?}");
    for result in join_all(accepted.iter().map(|(_, id)| system.client.finished(id))).await {
        assert_eq!(result["stdOutput"], "done\n", "{result:#}");
    }
    system.stop().await;
}
