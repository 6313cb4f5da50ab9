//! The whole way with a sandbox that does nothing: from the request to submit to the answer of a
//! client that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::System;

use super::lean::{Connection, get, post};
use super::stand_in;
use crate::figures::percentile;

const JOBS: usize = 6000;
const CLIENTS: usize = 64;
const ROUNDS: usize = 3;
const TARGET: f64 = 500.0;

pub(crate) async fn measure() {
    let system = System::start(0).await;
    let _worker = stand_in::start(&system, CLIENTS);
    println!("\n{JOBS} jobs submitted, executed by nothing and waited for; {CLIENTS} clients");
    println!("{:>12} {:>10} {:>10}   wanted: {TARGET:.0} a second", "jobs/s", "p50 ms", "p99 ms");
    for _ in 0..ROUNDS {
        let address = system.api.address("listening").await;
        let next = Arc::new(AtomicUsize::new(0));
        let began = Instant::now();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let next = next.clone();
                tokio::spawn(async move {
                    let mut connection = Connection::to(address).await.unwrap();
                    let submit = post("/api/submit", r#"{"code":"true","lang":"bash"}"#);
                    let mut took = Vec::new();
                    while next.fetch_add(1, Ordering::Relaxed) < JOBS {
                        let began = Instant::now();
                        let (status, body) = connection.ask(&submit).await.unwrap();
                        assert_eq!(status, 201, "{body}");
                        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
                        let id = answer["codeSubmissionId"].as_str().unwrap();
                        let wait = get(&format!("/api/result/{id}?wait=30"));
                        let (status, body) = connection.ask(&wait).await.unwrap();
                        assert!(status == 200 && body.contains("\"completed\""), "{body}");
                        took.push(began.elapsed());
                    }
                    took
                })
            })
            .collect();
        let mut took: Vec<Duration> = Vec::new();
        for client in clients {
            took.extend(client.await.unwrap());
        }
        let rate = took.len() as f64 / began.elapsed().as_secs_f64();
        let (p50, p99) = (percentile(&mut took, 50), percentile(&mut took, 99));
        println!("{rate:>12.0} {p50:>10.1} {p99:>10.1}");
    }
    system.stop().await;
}
