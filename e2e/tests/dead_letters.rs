//! What no worker survived is listed for whoever runs Airlock, and queued again as something new.

use e2e::{Client, Options, Reply, System};
use serde_json::Value;
use shared::store::MAX_STARTS;

const TOKEN: &str = "correct horse battery staple";
const LIST: &str = "/api/admin/dead-letters";

async fn ask(client: &Client, method: &str, path: &str, token: &str) -> Reply {
    client.send(client.request(method, path).bearer_auth(token)).await
}

fn assert_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    assert_eq!(reply.json()["error"]["code"], code, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_listed_and_queued_again_as_a_new_submission() {
    let settings = vec![("AIRLOCK_ADMIN_TOKEN", TOKEN)];
    let mut system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let client = system.client.clone();
    let body = serde_json::json!({ "code": "echo alive", "lang": "bash", "priority": "low" });
    let submitted = client.post("/api/submit", &body).await.json();
    let id = submitted["codeSubmissionId"].as_str().unwrap().to_owned();
    let store = system.store().await;
    for _ in 0..MAX_STARTS {
        store.claim(id.parse().unwrap(), "a worker that dies").await.unwrap();
    }
    system.add_worker().await;
    let dead = client.finished(&id).await;
    assert_eq!((&dead["status"], &dead["reason"]), (&"failed".into(), &"poison".into()));

    let listed = ask(&client, "GET", LIST, TOKEN).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    let letters = listed.json()["deadLetters"].as_array().unwrap().clone();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    let letter = &letters[0];
    assert_eq!(letter["codeSubmissionId"], id.as_str());
    assert_eq!((&letter["lang"], &letter["priority"]), (&"bash".into(), &"low".into()));
    assert_eq!((&letter["tenant"], &letter["pool"]), (&"default".into(), &"default".into()));
    assert!(!letter["reason"].as_str().unwrap().is_empty());

    let path = format!("{LIST}/{id}/requeue");
    let first = ask(&client, "POST", &path, TOKEN).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let new = first.json()["codeSubmissionId"].as_str().unwrap().to_owned();
    assert_ne!(new, id);
    assert_eq!(client.finished(&new).await["stdOutput"], "alive\n");
    assert_eq!(client.finished(&id).await, dead, "a final state never changes");

    let again = ask(&client, "POST", &path, TOKEN).await;
    assert_eq!(again.json()["codeSubmissionId"], new.as_str(), "asked twice, done once");
    assert_eq!(again.headers["idempotent-replay"], "true");
    let listed = ask(&client, "GET", LIST, TOKEN).await.json();
    assert_eq!(listed["deadLetters"], Value::Array(Vec::new()), "it is off the list");

    let not_dead = ask(&client, "POST", &format!("{LIST}/{new}/requeue"), TOKEN).await;
    assert_error(&not_dead, 404, "unknownDeadLetter");
    assert_error(
        &ask(&client, "GET", &format!("{LIST}?limit=0"), TOKEN).await,
        400,
        "invalidQuery",
    );
    assert_error(&ask(&client, "GET", LIST, "wrong").await, 401, "unauthorized");
    assert_error(&ask(&client, "POST", &path, "wrong").await, 401, "unauthorized");
    let reply = client.get(LIST).await;
    assert_error(&reply, 401, "unauthorized");
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_in_the_settings_there_is_nothing_for_operators() {
    let system = System::start(0).await;
    assert_error(&ask(&system.client, "GET", LIST, "").await, 404, "unknownPath");
    let path = format!("{LIST}/01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f/requeue");
    assert_error(&ask(&system.client, "POST", &path, "any").await, 404, "unknownPath");
    system.stop().await;
}
