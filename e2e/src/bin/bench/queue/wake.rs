//! How long it takes from the commit of a result until a client that waits has it.

use std::time::{Duration, Instant};

use e2e::stand_in::{end, serves};
use e2e::{System, eventually};
use shared::queue::Consumer;

use super::lean::{Connection, get};
use crate::figures::percentile;

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
        let delivery = consumer.next(&serves(&["bash"]), PATIENCE).await.unwrap().unwrap();
        let ending = end(&store, "bench", &delivery).await.unwrap();
        let committed = Instant::now();
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
