//! How soon waiting clients learn of a result: each notes how long after the recorded end of the
//! execution it had its answer.
//!
//! The clients share the machine with everything else. Another figure of the same run puts theirs
//! into proportion: how long the same clients take to read the finished result all at once.

use std::time::{Duration, Instant, SystemTime};

use bson::DateTime;
use e2e::{System, eventually};
use futures_util::future::join_all;

use crate::figures::percentile;

const CROWD: usize = 500;
const ROUNDS: usize = 5;

pub(crate) async fn measure() {
    let system = System::start(1).await;
    println!("ms from the end of an execution to the clients' answers");
    println!(
        "{:>8} {:>8} {:>8} {:>8}   the same crowd just reading",
        "clients", "p50", "p99", "max"
    );
    for clients in [1, CROWD] {
        for _ in 0..ROUNDS {
            let (id, mut woken) = wake(&system, clients).await;
            let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(&mut woken, percent));
            let reading = read(&system, &id, clients).await.as_secs_f64() * 1e3;
            println!("{clients:>8} {p50:>8.1} {p99:>8.1} {max:>8.1}   {reading:.1}");
        }
    }
    system.stop().await;
}

/// Lets a crowd wait for one submission; its id, and how long after its end each had the answer.
async fn wake(system: &System, clients: usize) -> (String, Vec<Duration>) {
    let id = system.client.submit("bash", "sleep 2", "").await;
    let waiting = tokio::spawn(join_all((0..clients).map(|_| {
        let (client, id) = (system.client.clone(), id.clone());
        async move {
            let reply = client.get(&format!("/api/result/{id}?wait=30")).await;
            (SystemTime::now(), reply)
        }
    })));
    eventually("all wait", Duration::from_secs(20), async || {
        let metrics = system.client.get("/metrics").await.text;
        metrics.contains(&format!("airlock_waiting_clients {clients}\n")).then_some(())
    })
    .await;
    let answers = waiting.await.unwrap();
    let after_the_end = answers.into_iter().map(|(answered, reply)| {
        let finished = reply.json()["finishedAt"].as_str().map(DateTime::parse_rfc3339_str);
        answered.duration_since(finished.unwrap().unwrap().to_system_time()).unwrap_or_default()
    });
    (id, after_the_end.collect())
}

/// Lets a crowd read a finished result at once; how long until the last has it.
async fn read(system: &System, id: &str, clients: usize) -> Duration {
    let path = format!("/api/result/{id}");
    let started = Instant::now();
    join_all((0..clients).map(|_| system.client.get(&path))).await;
    started.elapsed()
}
