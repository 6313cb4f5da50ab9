//! A result that is known is given again, where that is wanted; and nothing that is not the same.

use e2e::{Client, Options, System};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn system(further: &[(&'static str, &'static str)]) -> System {
    let own = [("AIRLOCK_WORKER_CONCURRENCY", "4"), ("AIRLOCK_LANGUAGES", "bash,c")];
    let settings = [&own, further].concat();
    System::start_with(2, Options { settings, ..Default::default() }).await
}

fn program(code: &str) -> Value {
    json!({ "code": code, "lang": "bash", "cache": true })
}

fn with(mut program: Value, field: &str, value: Value) -> Value {
    program[field] = value;
    program
}

async fn execute(client: &Client, program: &Value) -> Value {
    let reply = client.post("/api/execute", program).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_executed_once_and_anything_else_is_not_the_same() {
    let system = system(&[]).await;
    let client = &system.client;
    // What it prints is different each time it is executed.
    let first = program("echo $RANDOM$RANDOM$RANDOM; exit 3");
    let result = execute(client, &first).await;
    assert_eq!((&result["verdict"], &result["cached"]), (&json!("runtimeError"), &Value::Null));
    let again = execute(client, &first).await;
    assert_eq!(again["cached"], true, "{again:#}");
    for what in ["stdOutput", "exitCode", "verdict", "wallMs", "status"] {
        assert_eq!(again[what], result[what], "{what}");
    }
    assert_ne!(again["codeSubmissionId"], result["codeSubmissionId"]);
    let id = again["codeSubmissionId"].as_str().unwrap();
    assert_eq!(client.finished(id).await, again, "it is stored like any other");
    let executed = system.logged_by_workers("execution started");

    let others = [
        program("echo $RANDOM$RANDOM$RANDOM; exit 3 "),
        with(first.clone(), "stdInput", json!("")),
        with(first.clone(), "args", json!(["x"])),
        with(first.clone(), "env", json!({ "X": "1" })),
        with(first.clone(), "limits", json!({ "wallMs": 9999 })),
        with(first.clone(), "files", json!([{ "path": "a", "content": "" }])),
        with(first.clone(), "tests", json!([{ "stdin": "" }])),
        with(first.clone(), "cache", json!(false)),
    ];
    for other in &others {
        assert_eq!(execute(client, other).await["cached"], Value::Null, "{other}");
    }
    assert_eq!(system.logged_by_workers("execution started"), executed + others.len());
    assert_eq!(execute(client, &first).await["cached"], true, "it is still known");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_share_one_execution() {
    let system = system(&[]).await;
    let (_other_api, other) = system.another_api().await;
    let clients = [&system.client, &other];
    let same = program("sleep 1; echo $RANDOM$RANDOM$RANDOM");
    let executing = (0..100).map(|nth| execute(clients[nth % 2], &same));
    let results = join_all(executing).await;
    assert_eq!(system.logged_by_workers("execution started"), 1);
    let executed = results.iter().filter(|result| result["cached"] != true);
    assert_eq!(executed.count(), 1);
    assert!(results.iter().all(|result| result["stdOutput"] == results[0]["stdOutput"]));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_come_of_the_program_itself_is_not_kept() {
    let system = system(&[]).await;
    let client = &system.client;
    let slow = with(program("sleep 50"), "limits", json!({ "wallMs": 300 }));
    for _ in 0..2 {
        let result = execute(client, &slow).await;
        assert_eq!((&result["verdict"], &result["cached"]), (&json!("timeLimit"), &Value::Null));
    }
    // Two that wait for the same: the one that follows is executed itself.
    let results = join_all([execute(client, &slow), execute(client, &slow)]).await;
    assert!(results.iter().all(|result| result["cached"] == Value::Null), "{results:#?}");
    // A program that does not compile never will.
    let wrong = json!({ "code": "int main( {", "lang": "c", "cache": true });
    assert_eq!(execute(client, &wrong).await["verdict"], "compileError");
    let again = execute(client, &wrong).await;
    assert_eq!((&again["verdict"], &again["cached"]), (&json!("compileError"), &json!(true)));
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tenant_is_given_another_s_result() {
    let system = system(&[("AIRLOCK_TENANT_HEADER", "X-Tenant")]).await;
    let client = &system.client;
    let same = program("echo $RANDOM$RANDOM$RANDOM");
    let of = async |tenant: &str| {
        let request = client.request("POST", "/api/execute").header("x-tenant", tenant);
        client.send(request.json(&same)).await.json()
    };
    assert_eq!(of("acme").await["cached"], Value::Null);
    assert_eq!(of("other").await["cached"], Value::Null);
    assert_eq!(of("acme").await["cached"], true);
    system.stop().await;
}
