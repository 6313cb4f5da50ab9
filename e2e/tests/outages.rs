//! MongoDB or Redis goes away and comes back: clients are told at once, and nothing is lost.

use std::time::{Duration, Instant};

use e2e::{Options, Proxy, System, eventually, given, host};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn without_the_store_the_api_answers_503_soon_and_recovers() {
    let proxy = Proxy::to(&host(&given("AIRLOCK_TEST_MONGODB_URL"))).await;
    let options = Options { mongodb: Some(proxy.address().to_string()), ..Default::default() };
    let system = System::start_with(1, options).await;
    let client = &system.client;
    let body = json!({ "code": "print(1)", "lang": "python" });
    let id = client.submit("python", "print(1)", "").await;
    client.finished(&id).await;

    proxy.cut();
    let asked = Instant::now();
    let reply = client.post("/api/submit", &body).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text);
    assert_eq!(reply.json()["error"]["code"], "storeUnavailable");
    assert!(reply.headers.contains_key("retry-after"));
    assert!(!reply.text.contains("127.0.0.1"), "internals leak: {}", reply.text);
    let reply = client.get(&format!("/api/result/{id}?wait=30")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text);
    assert!(asked.elapsed() < Duration::from_secs(15), "two answers took {:?}", asked.elapsed());
    let reply = client.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);

    proxy.mend();
    eventually("the API recovers", Duration::from_secs(30), async || {
        let reply = client.post("/api/submit", &body).await;
        (reply.status == StatusCode::CREATED).then_some(())
    })
    .await;
    assert_eq!(client.run("python", "print(2)", "").await["stdOutput"], "2\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_during_a_run_gets_the_result_later() {
    let proxy = Proxy::to(&host(&given("AIRLOCK_TEST_MONGODB_URL"))).await;
    let options = Options { mongodb: Some(proxy.address().to_string()), ..Default::default() };
    let system = System::start_with(1, options).await;
    let id = system.client.submit("bash", "sleep 1; echo done", "").await;
    eventually("it runs", Duration::from_secs(30), async || {
        (!system.workers[0].logged("execution started").is_empty()).then_some(())
    })
    .await;
    proxy.cut();
    eventually("the outcome cannot be written", Duration::from_secs(30), async || {
        (!system.workers[0].logged("outcome not written yet").is_empty()).then_some(())
    })
    .await;
    proxy.mend();
    assert_eq!(system.client.finished(&id).await["stdOutput"], "done\n");
    assert_eq!(system.logged_by_workers("execution started"), 1);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_taken_while_the_queue_is_away_is_executed_when_it_is_back() {
    let proxy = Proxy::to(&host(&given("AIRLOCK_TEST_REDIS_URL"))).await;
    let options = Options { redis: Some(proxy.address().to_string()), ..Default::default() };
    let system = System::start_with(1, options).await;
    proxy.cut();
    let id = system.client.submit("bash", "echo done", "").await;
    let ready = system.client.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (StatusCode::OK, &"degraded".into()));
    proxy.mend();
    assert_eq!(system.client.finished(&id).await["stdOutput"], "done\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_queue_is_filled_again_from_the_store() {
    let mut system = System::start(0).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(system.client.submit("bash", "echo done", "").await);
    }
    let queue = system.queue();
    queue.erase().await.unwrap();
    assert_eq!(queue.length().await.unwrap(), 0);
    system.add_worker().await;
    for id in &ids {
        assert_eq!(system.client.finished(id).await["stdOutput"], "done\n");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_client_is_answered_even_when_the_wake_up_is_lost() {
    let proxy = Proxy::to(&host(&given("AIRLOCK_TEST_REDIS_URL"))).await;
    let options = Options { redis: Some(proxy.address().to_string()), ..Default::default() };
    let system = System::start_with(1, options).await;
    let id = system.client.submit("bash", "sleep 2; echo done", "").await;
    eventually("it runs", Duration::from_secs(30), async || {
        (!system.workers[0].logged("execution started").is_empty()).then_some(())
    })
    .await;
    let waiting = tokio::spawn({
        let (client, id) = (system.client.clone(), id.clone());
        async move { client.get(&format!("/api/result/{id}?wait=30")).await }
    });
    proxy.cut();
    assert_eq!(waiting.await.unwrap().json()["stdOutput"], "done\n");
    proxy.mend();
    system.stop().await;
}
