//! How soon waiting clients learn of a result: each notes how long after the recorded end of the
//! execution it had its answer.
//!
//! The clients share the machine with everything else. Another figure of the same run puts theirs
//! into proportion: how long the same clients take to read the finished result all at once.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]
#![expect(clippy::unwrap_used, reason = "a measurement that goes wrong is none")]

use std::time::{Duration, Instant, SystemTime};

use bson::DateTime;
use e2e::{System, eventually};
use futures_util::future::join_all;

const CROWD: usize = 500;
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() {
    let system = System::start(1).await;
    println!("ms from the end of an execution to the clients' answers");
    println!(
        "{:>8} {:>8} {:>8} {:>8}   the same crowd just reading",
        "clients", "p50", "p99", "max"
    );
    for clients in [1, CROWD] {
        for _ in 0..ROUNDS {
            let (id, mut woken) = wake(&system, clients).await;
            woken.sort_unstable();
            let at = |percent: usize| woken[(woken.len() - 1) * percent / 100].as_secs_f64() * 1e3;
            println!(
                "{clients:>8} {:>8.1} {:>8.1} {:>8.1}   {:.1}",
                at(50),
                at(99),
                at(100),
                read(&system, &id, clients).await.as_secs_f64() * 1e3,
            );
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
