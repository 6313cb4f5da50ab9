//! Many clients wait at once, and all of them are woken.

use std::time::Duration;

use e2e::{Options, Proxy, System, eventually, given, host};
use futures_util::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_waiting_clients_all_get_their_answer() {
    let system = System::start(1).await;
    let id = system.client.submit("bash", "sleep 3; echo done", "").await;
    let waiting = tokio::spawn(join_all((0..500).map(|_| {
        let (client, id) = (system.client.clone(), id.clone());
        async move { client.get(&format!("/api/result/{id}?wait=30")).await }
    })));
    // All of them wait before the program ends.
    eventually("500 wait", Duration::from_secs(20), async || {
        let metrics = system.client.get("/metrics").await.text;
        metrics.contains("airlock_waiting_clients 500\n").then_some(())
    })
    .await;
    for reply in waiting.await.unwrap() {
        assert_eq!(reply.json()["stdOutput"], "done\n");
    }
    let metrics = system.client.get("/metrics").await.text;
    assert!(metrics.contains("airlock_waiting_clients 0\n"), "{metrics}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_too_short_says_that_it_is_still_pending() {
    let system = System::start(0).await;
    let id = system.client.submit("bash", "echo done", "").await;
    let reply = system.client.get(&format!("/api/result/{id}?wait=1")).await;
    assert_eq!(reply.json()["message"], "Code execution is still pending");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_told_to_stop_answers_its_waiting_clients_first() {
    let mut system = System::start(0).await;
    let id = system.client.submit("bash", "echo done", "").await;
    let waiting = tokio::spawn({
        let (client, id) = (system.client.clone(), id.clone());
        async move { client.get(&format!("/api/result/{id}?wait=60")).await }
    });
    eventually("it waits", Duration::from_secs(10), async || {
        let metrics = system.client.get("/metrics").await.text;
        metrics.contains("airlock_waiting_clients 1\n").then_some(())
    })
    .await;
    system.api.signal(Signal::SIGTERM);
    assert_eq!(waiting.await.unwrap().json()["status"], "queued");
    assert_eq!(system.api.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_told_to_stop_completes_what_a_client_has_begun_that_is_gone() {
    let proxy = Proxy::to(&host(&given("AIRLOCK_TEST_MONGODB_URL"))).await;
    let options = Options {
        mongodb: Some(proxy.address().to_string()),
        // Whoever is refused knows that another is served.
        settings: vec![("AIRLOCK_HTTP_MAX_REQUESTS", "1")],
        ..Options::default()
    };
    let mut system = System::start_with(0, options).await;
    proxy.silence();
    let client = tokio::spawn({
        let client = system.client.clone();
        let submission = json!({ "code": "true", "lang": "bash" });
        async move { while client.post("/api/submit", &submission).await.status == 503 {} }
    });
    eventually("it is being taken in", Duration::from_secs(10), async || {
        (system.client.get("/healthz").await.status == 503).then_some(())
    })
    .await;
    client.abort();
    eventually("the client is gone", Duration::from_secs(10), async || {
        (system.client.get("/healthz").await.status == 200).then_some(())
    })
    .await;
    system.api.signal(Signal::SIGTERM);
    proxy.mend();
    assert_eq!(system.api.ended().await, Some(0));
    assert!(!system.api.has_panicked());
    assert_eq!(system.queue().length().await.unwrap(), 1, "it is stored and queued");
}
