//! What clients cost that only wait, in the API's memory. They are in a process of their own.

use std::process::Stdio;

use e2e::{System, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use super::lean::{Connection, get};

const ROLE: &str = "BENCH_CROWD";
const CLIENTS: usize = 10_000;
/// Before memory is looked at first, so that what an API needs once is not held against clients.
const FEW: usize = 200;
const BATCH: usize = 100;
const TARGET_KIB: f64 = 25.0;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure() {
    let options = e2e::Options {
        // Nothing is executed, and all of it has to wait.
        settings: vec![("AIRLOCK_HTTP_MAX_REQUESTS", "20000")],
        ..Default::default()
    };
    let system = System::start_with(0, options).await;
    let mut ids = Vec::new();
    let program = json!({ "code": "true", "lang": "bash" });
    for _ in 0..CLIENTS / BATCH {
        let batch = json!({ "submissions": vec![program.clone(); BATCH] });
        let reply = system.client.post("/api/submit/batch", &batch).await;
        let answer = reply.json();
        let items = answer["submissions"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
        let id = |item: &Value| item["codeSubmissionId"].as_str().unwrap().to_owned();
        ids.extend(items.iter().map(id));
    }
    let few = crowd(&system, &ids[..FEW]).await;
    let many = crowd(&system, &ids).await;
    let each = (many as f64 - few as f64) / (CLIENTS - FEW) as f64 / 1024.0;
    println!(
        "\n{CLIENTS} waiting clients: {each:.1} KiB each (wanted: {TARGET_KIB:.0}); the API has {} MiB",
        many >> 20
    );
    system.stop().await;
}

/// Lets clients wait for these; the API's memory meanwhile.
async fn crowd(system: &System, ids: &[String]) -> u64 {
    let address = system.api.address("listening").await;
    let mut crowd = Command::new(std::env::current_exe().unwrap())
        .env(ROLE, address.to_string())
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = crowd.stdin.take().unwrap();
    stdin.write_all((ids.join("\n") + "\n").as_bytes()).await.unwrap();
    eventually("all wait", PATIENCE, async || {
        let metrics = system.client.get("/metrics").await.text;
        metrics.contains(&format!("airlock_waiting_clients {}\n", ids.len())).then_some(())
    })
    .await;
    let memory = system.api.memory();
    crowd.kill().await.unwrap();
    eventually("none waits", PATIENCE, async || {
        let metrics = system.client.get("/metrics").await.text;
        metrics.contains("airlock_waiting_clients 0\n").then_some(())
    })
    .await;
    memory
}

/// If this process was started as such a crowd: waits for each id that it reads until it is killed.
pub(crate) async fn served() -> bool {
    let Ok(address) = std::env::var(ROLE) else { return false };
    let address = address.parse().unwrap();
    let mut ids = BufReader::new(tokio::io::stdin()).lines();
    let mut waiting = tokio::task::JoinSet::new();
    while let Some(id) = ids.next_line().await.unwrap() {
        waiting.spawn(async move {
            let mut connection = Connection::to(address).await.unwrap();
            let wait = get(&format!("/api/result/{id}?wait=60"));
            while connection.ask(&wait).await.is_ok() {}
        });
    }
    waiting.join_all().await;
    true
}
