//! A Redis that is emptied under load: all that waited comes back in its order, and what ran is not
//! run again.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use e2e::stand_in::{execute, serves};
use e2e::{Options, Process, System, eventually};
use serde_json::json;
use shared::queue::Consumer;

const TENANTS: [&str; 2] = ["one", "two"];
const WAITING: usize = 1000;
const BATCH: usize = 100;
const RUNNING: usize = 20;
/// For this long at most, all that was lost is only noticed and repaired.
const EXTRA: Duration = Duration::from_secs(30);
/// For this long the running ones would run anyway.
const RUNS: Duration = Duration::from_secs(15);

async fn submit(
    system: &System,
    tenant: &str,
    lang: &str,
    code: &str,
    count: usize,
) -> Vec<String> {
    let body = json!({ "submissions": vec![json!({ "code": code, "lang": lang }); count] });
    let request = system.client.request("POST", "/api/submit/batch").header("X-Tenant", tenant);
    let reply = system.client.send(request.json(&body)).await;
    let answer = reply.json();
    let items = answer["submissions"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
    items.iter().map(|item| item["codeSubmissionId"].as_str().unwrap().to_owned()).collect()
}

async fn status(system: &System, tenant: &str, id: &str) -> serde_json::Value {
    let path = format!("/api/result/{id}");
    let request = system.client.request("GET", &path).header("X-Tenant", tenant);
    system.client.send(request).await.json()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_waiting_and_twenty_running_survive_an_emptied_redis_in_their_order() {
    let settings = vec![("AIRLOCK_TENANT_HEADER", "X-Tenant")];
    let system = System::start_with(0, Options { settings, ..Default::default() }).await;
    // Real workers run one language; the other waits for a stand-in, so that the order is seen.
    let places = (RUNNING / 2).to_string();
    let settings = [
        ("AIRLOCK_LANGUAGES", "bash"),
        ("AIRLOCK_WORKER_CONCURRENCY", places.as_str()),
        ("AIRLOCK_POOL_READY", places.as_str()),
    ];
    let workers = [system.worker_with(&settings), system.worker_with(&settings)];
    for worker in &workers {
        worker.address("serving").await;
    }
    let started = |workers: &[Process]| -> usize {
        workers.iter().map(|worker| worker.logged("execution started").len()).sum()
    };
    let mut waiting = BTreeMap::<&str, Vec<String>>::new();
    for (nth, tenant) in (0..WAITING / BATCH).zip(TENANTS.iter().cycle()) {
        let ids = submit(&system, tenant, "python", &format!("print({nth})"), BATCH).await;
        waiting.entry(tenant).or_default().extend(ids);
    }
    let sleeps = format!("sleep {}", RUNS.as_secs());
    let running = submit(&system, TENANTS[0], "bash", &sleeps, RUNNING).await;
    eventually("all of them run", Duration::from_secs(60), async || {
        (started(&workers) == RUNNING).then_some(())
    })
    .await;

    let (store, queue) = (system.store().await, system.queue());
    queue.erase().await.unwrap();
    let emptied = Instant::now();
    let mut consumer = Consumer::new(queue.clone(), "stand-in");
    let serves = serves(&["python"]);
    let mut served = BTreeMap::<String, Vec<String>>::new();
    let mut left = WAITING;
    while left > 0 {
        assert!(emptied.elapsed() < RUNS + EXTRA, "{left} are left");
        // An emptied Redis may be an error to whoever reads at that moment.
        let Ok(Some(delivery)) = consumer.next(&serves, Duration::from_secs(1)).await else {
            continue;
        };
        if execute(&store, &queue, "stand-in", &delivery).await {
            let tenant = delivery.placement.tenant.as_str().to_owned();
            served.entry(tenant).or_default().push(delivery.submission.to_string());
            left -= 1;
        }
    }
    for tenant in TENANTS {
        assert_eq!(served[tenant], waiting[tenant], "in the order in which they were submitted");
    }
    for id in &running {
        eventually("what ran ends", RUNS + EXTRA, async || {
            (status(&system, TENANTS[0], id).await == "completed").then_some(())
        })
        .await;
    }
    assert!(emptied.elapsed() < RUNS + EXTRA, "it took {:?}", emptied.elapsed());
    assert_eq!(started(&workers), RUNNING, "what ran was not run again");
    for worker in workers {
        worker.kill().await;
    }
    system.stop().await;
}
