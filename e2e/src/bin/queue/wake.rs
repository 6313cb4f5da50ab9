//! How long it takes from the commit of a result until a client that waits has it.

use std::time::{Duration, Instant};

use e2e::{System, eventually};
use shared::outcome::{Outcome, Verdict};
use shared::queue::Consumer;
use shared::store::Claim;
use shared::submission::{Ending, State};

use crate::figures::percentile;
use crate::lean::{Connection, get};
use crate::stand_in::serves;

const TIMES: usize = 300;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn measure() {
    let system = System::start(0).await;
    let (store, queue) = (system.store().await, system.queue());
    let address = system.api.address("listening").await;
    let mut consumer = Consumer::new(queue.clone(), "bench");
    let mut woken = Vec::new();
    for _ in 0..TIMES {
        let id = system.client.submit("bash", "true", "").await;
        let mut connection = Connection::to(address).await.unwrap();
        let wait = get(&format!("/api/result/{id}?wait=30"));
        let waiting = tokio::spawn(async move {
            let (_, body) = connection.ask(&wait).await.unwrap();
            (Instant::now(), body)
        });
        eventually("it waits", PATIENCE, async || {
            let metrics = system.client.get("/metrics").await.text;
            metrics.contains("airlock_waiting_clients 1\n").then_some(())
        })
        .await;
        let delivery = consumer.next(&serves(), PATIENCE).await.unwrap().unwrap();
        let claim = store.claim(delivery.submission, "bench").await.unwrap();
        let Claim::Granted(submission) = claim else { panic!("{claim:?}") };
        let (outcome, claim) = (Outcome::new(Verdict::Success), submission.claim_id());
        let finished_at = store.finish(&claim, State::Completed, &outcome).await.unwrap().unwrap();
        let committed = Instant::now();
        let ending = Ending {
            state: State::Completed,
            epoch: claim.epoch,
            worker: Some(claim.worker),
            started_at: submission.started_at,
            finished_at,
            outcome,
        };
        queue.publish_finished(delivery.submission, Some(&ending)).await.unwrap();
        let (answered, body) = waiting.await.unwrap();
        assert!(body.contains("\"completed\""), "{body}");
        woken.push(answered.saturating_duration_since(committed));
        queue.ack("bench", &delivery).await.unwrap();
    }
    let at = |percent| percentile(&mut woken.clone(), percent);
    println!("\nms from a result's commit until a waiting client has it, {TIMES} times");
    println!("p50 {:.1} (wanted: 5), p99 {:.1} (wanted: 50)", at(50), at(99));
    system.stop().await;
}
