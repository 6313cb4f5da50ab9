//! How soon a client has a result that is known: each asks and has its answer, one after the other.
//!
//! The client shares the machine with everything else.

use std::time::Instant;

use e2e::{Client, Options, System};
use serde_json::json;

use crate::figures::percentile;

const ROUNDS: usize = 5;
const ASKED: usize = 1000;

pub(crate) async fn measure() {
    let settings = vec![("AIRLOCK_LANGUAGES", "bash")];
    let system = System::start_with(1, Options { settings, ..Default::default() }).await;
    assert!(!execute(&system.client).await, "nobody has executed it");
    println!("ms from a request to the result of an earlier one, {ASKED} requests each");
    println!("{:>8} {:>8} {:>8}", "p50", "p99", "max");
    for _ in 0..ROUNDS {
        let mut took = Vec::new();
        for _ in 0..ASKED {
            let asked = Instant::now();
            assert!(execute(&system.client).await, "it is known");
            took.push(asked.elapsed());
        }
        let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(&mut took, percent));
        println!("{p50:>8.2} {p99:>8.2} {max:>8.2}");
    }
    system.stop().await;
}

/// Executes the same again; whether its result was known.
async fn execute(client: &Client) -> bool {
    let same = json!({ "code": "echo hello", "lang": "bash", "cache": true });
    let reply = client.post("/api/execute", &same).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["cached"] == true
}
