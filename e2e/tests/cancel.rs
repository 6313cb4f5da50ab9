//! A submission can be withdrawn for as long as it is not finished, and a tenant's only by itself.

use std::time::{Duration, Instant};

use e2e::{Client, Options, Reply, System, eventually};

async fn cancel(client: &Client, id: &str, query: &str) -> Reply {
    client.send(client.request("DELETE", &format!("/api/submissions/{id}{query}"))).await
}

async fn runs(system: &System, id: &str) {
    eventually("it runs", Duration::from_secs(30), async || {
        let result = system.client.get(&format!("/api/result/{id}")).await.json();
        (result["status"] == "running").then_some(())
    })
    .await;
}

fn assert_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    assert_eq!(reply.json()["error"]["code"], code, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_cancelled_at_once_and_never_runs() {
    let mut system = System::start(0).await;
    let client = system.client.clone();
    let first = client.submit("bash", "echo first", "").await;
    let second = client.submit("bash", "echo second", "").await;
    let waiting = tokio::spawn({
        let (client, first) = (client.clone(), first.clone());
        async move { client.get(&format!("/api/result/{first}?wait=30")).await }
    });
    eventually("somebody waits", Duration::from_secs(10), async || {
        let metrics = client.get("/metrics").await.text;
        metrics.contains("airlock_waiting_clients 1\n").then_some(())
    })
    .await;
    let asked = Instant::now();
    let reply = cancel(&client, &first, "").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let result = reply.json();
    assert_eq!((&result["status"], &result["verdict"]), (&"cancelled".into(), &"cancelled".into()));
    assert_eq!(result["startedAt"], serde_json::Value::Null);
    assert_eq!(waiting.await.unwrap().json()["status"], "cancelled");
    assert!(asked.elapsed() < Duration::from_secs(2), "waiters are woken: {:?}", asked.elapsed());
    assert_eq!(system.queue().length().await.unwrap(), 1, "it is out of the queue");

    assert_error(&cancel(&client, &first, "").await, 409, "alreadyFinished");
    system.add_worker().await;
    assert_eq!(client.finished(&second).await["stdOutput"], "second\n");
    assert_eq!(system.logged_by_workers("execution started"), 1);
    assert_eq!(client.finished(&first).await["status"], "cancelled", "for ever");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_killed_and_keeps_its_output_so_far() {
    let system = System::start(1).await;
    let client = &system.client;
    let id = client.submit("bash", "echo so far; sleep 50; echo never", "").await;
    runs(&system, &id).await;
    // Its output is under way; a program that is stopped sooner may have none.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    let reply = cancel(client, &id, "?wait=30").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(asked.elapsed() < Duration::from_secs(4), "it took {:?}", asked.elapsed());
    let result = reply.json();
    assert_eq!((&result["status"], &result["verdict"]), (&"cancelled".into(), &"cancelled".into()));
    assert_eq!(result["stdOutput"], "so far\n", "{result:#}");
    assert_eq!(client.finished(&id).await, result, "a final state never changes");
    assert_error(&cancel(client, &id, "").await, 409, "alreadyFinished");
    // The worker is well, and the container is gone.
    assert_eq!(client.run("bash", "echo next", "").await["stdOutput"], "next\n");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waiting_the_answer_is_that_it_is_being_cancelled() {
    let system = System::start(1).await;
    let client = &system.client;
    let id = client.submit("bash", "sleep 50", "").await;
    runs(&system, &id).await;
    let reply = cancel(client, &id, "").await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(reply.json()["status"], "running");
    assert_eq!(reply.headers["location"], format!("/api/result/{id}").as_str());
    let again = cancel(client, &id, "").await;
    assert!(
        [202, 409].contains(&again.status.as_u16()),
        "asking twice does no harm: {}",
        again.text
    );
    assert_eq!(client.finished(&id).await["verdict"], "cancelled");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_finished_or_unknown_cannot_be_cancelled() {
    let system = System::start(1).await;
    let client = &system.client;
    let id = client.submit("bash", "echo done", "").await;
    let result = client.finished(&id).await;
    assert_error(&cancel(client, &id, "").await, 409, "alreadyFinished");
    assert_eq!(client.finished(&id).await, result);
    let unknown = "01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f";
    assert_error(&cancel(client, unknown, "").await, 404, "unknownSubmission");
    assert_error(&cancel(client, "42", "").await, 400, "invalidId");
    assert_error(&cancel(client, unknown, "?wait=61").await, 400, "invalidQuery");
    assert_error(&cancel(client, unknown, "?force=1").await, 400, "invalidQuery");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tenant_reads_or_cancels_another_s() {
    let settings = vec![("AIRLOCK_TENANT_HEADER", "X-Tenant")];
    let system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let client = &system.client;
    let ask = async |method: &str, path: &str, tenant: Option<&str>, body: serde_json::Value| {
        let mut request = client.request(method, path);
        if let Some(tenant) = tenant {
            request = request.header("x-tenant", tenant);
        }
        client.send(if method == "POST" { request.json(&body) } else { request }).await
    };
    let nothing = serde_json::Value::Null;
    let program = serde_json::json!({ "code": "echo", "lang": "bash" });
    let reply = ask("POST", "/api/submit", Some("acme"), program.clone()).await;
    let id = reply.json()["codeSubmissionId"].as_str().unwrap().to_owned();
    let stored = system.store().await.get(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.placement.tenant.as_str(), "acme");

    let (result, submission) = (format!("/api/result/{id}"), format!("/api/submissions/{id}"));
    for other in [Some("other"), None] {
        let reply = ask("GET", &result, other, nothing.clone()).await;
        assert_error(&reply, 404, "unknownSubmission");
        let reply = ask("GET", &format!("{result}?wait=5"), other, nothing.clone()).await;
        assert_error(&reply, 404, "unknownSubmission");
        let reply = ask("DELETE", &submission, other, nothing.clone()).await;
        assert_error(&reply, 404, "unknownSubmission");
        let wanted = serde_json::json!({ "ids": [id], "wait": 5 });
        let results = ask("POST", "/api/results", other, wanted).await.json();
        assert_eq!(results["results"][0]["error"]["code"], "unknownSubmission");
    }
    let reply = ask("POST", "/api/submit", Some("a b"), program).await;
    assert_error(&reply, 400, "invalidHeader");
    assert_eq!(ask("GET", &result, Some("acme"), nothing.clone()).await.status, 200);
    assert_eq!(ask("DELETE", &submission, Some("acme"), nothing).await.status, 200);
    system.stop().await;
}
