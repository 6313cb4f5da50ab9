//! A submission that is sent again with its key is taken in once.

use std::collections::HashSet;

use e2e::{Client, Reply, System};
use futures_util::future::join_all;
use serde_json::{Value, json};

const KEY: &str = "idempotency-key";
const REPLAY: &str = "idempotent-replay";

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Reply {
    client.send(client.request("POST", path).header(KEY, key).json(body)).await
}

fn id(reply: &Reply) -> String {
    reply.json()["codeSubmissionId"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_identical_requests_at_once_are_one_submission() {
    let system = System::start(0).await;
    let body = json!({ "code": "echo once", "lang": "bash" });
    let requests = (0..20).map(|_| post(&system.client, "/api/submit", "order-4711", &body));
    let replies = join_all(requests).await;
    assert!(replies.iter().all(|reply| reply.status == 201), "{replies:#?}");
    let ids: HashSet<String> = replies.iter().map(id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let first = replies.iter().filter(|reply| !reply.headers.contains_key(REPLAY));
    assert_eq!(first.count(), 1, "all but one are told that it is there already");
    assert_eq!(system.queue().length().await.unwrap(), 1);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_means_one_body_and_belongs_to_one_tenant() {
    let settings = vec![("AIRLOCK_TENANT_HEADER", "x-tenant")];
    let system = System::start_with(0, e2e::Options { settings, ..Default::default() }).await;
    let client = &system.client;
    let body = json!({ "code": "1", "lang": "python", "args": ["a"] });
    let first = post(client, "/api/submit", "k", &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    // The same, written otherwise.
    let text = "{\"args\": [\"a\"],\n \"lang\":\"python\", \"code\":\"1\"}";
    let request = client.request("POST", "/api/submit").header(KEY, "k");
    let again = client.send(request.header("content-type", "application/json").body(text)).await;
    assert_eq!((again.status.as_u16(), id(&again)), (201, id(&first)), "{}", again.text);
    assert_eq!(again.headers[REPLAY], "true");

    let other = json!({ "code": "2", "lang": "python", "args": ["a"] });
    let conflict = post(client, "/api/submit", "k", &other).await;
    assert_eq!(conflict.status, 422, "{}", conflict.text);
    assert_eq!(conflict.json()["error"]["code"], "idempotencyConflict");
    let plain = client.request("POST", "/api/execute?lang=python").header(KEY, "k");
    let plain = client.send(plain.header("content-type", "text/plain").body("1")).await;
    assert_eq!(plain.json()["error"]["code"], "idempotencyConflict");

    let request = client.request("POST", "/api/submit").header(KEY, "k").header("x-tenant", "acme");
    let acme = client.send(request.json(&other)).await;
    assert_eq!(acme.status, 201, "{}", acme.text);
    assert_ne!(id(&acme), id(&first));

    for key in ["a b", &"x".repeat(256)] {
        let wrong = post(client, "/api/submit", key, &body).await;
        assert_eq!(wrong.status, 400, "{}", wrong.text);
        assert_eq!(wrong.json()["error"]["code"], "invalidHeader");
    }
    assert_eq!(system.queue().length().await.unwrap(), 2);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_executed_again_with_its_key_is_executed_once() {
    let system = System::start(1).await;
    let body = json!({ "code": "date +%N", "lang": "bash" });
    let replies =
        join_all((0..3).map(|_| post(&system.client, "/api/execute", "run-1", &body))).await;
    let outputs: HashSet<String> =
        replies.iter().map(|reply| reply.json()["stdOutput"].to_string()).collect();
    assert_eq!(outputs.len(), 1, "{replies:#?}");
    assert_eq!(system.logged_by_workers("execution started"), 1);
    // A key is of no endpoint: the same submission, handed in.
    let reply = post(&system.client, "/api/submit", "run-1", &body).await;
    assert_eq!(id(&reply), id(&replies[0]));
    system.stop().await;
}
