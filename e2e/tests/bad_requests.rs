//! Whatever is wrong with a request is answered 4xx in the envelope, and nothing panics.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::time::Duration;

use e2e::{Options, Reply, System};
use futures_util::StreamExt;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn assert_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    let error = &reply.json()["error"];
    assert_eq!(error["code"], code, "{}", reply.text);
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert_eq!(reply.headers["x-request-id"], error["requestId"].as_str().unwrap());
}

const JSON: &str = "application/json";

#[rstest]
#[case::broken(JSON, "{\"code\":", 400, "invalidJson")]
#[case::empty_body(JSON, "", 400, "invalidJson")]
#[case::not_utf8(JSON, "{\"code\":\"\\ud800\",\"lang\":\"python\"}", 400, "invalidJson")]
#[case::wrong_type(JSON, r#"{"code":5,"lang":"python"}"#, 422, "invalidField")]
#[case::missing(JSON, r#"{"code":"1"}"#, 422, "invalidField")]
#[case::unknown_field(JSON, r#"{"code":"1","lang":"python","stdin":""}"#, 422, "invalidField")]
#[case::empty_code(JSON, r#"{"code":"","lang":"python"}"#, 422, "invalidField")]
#[case::not_an_object(JSON, "[1]", 422, "invalidField")]
#[case::unknown_language(JSON, r#"{"code":"1","lang":"klingon"}"#, 422, "unknownLanguage")]
#[case::form("application/x-www-form-urlencoded", "code=1", 415, "unsupportedMediaType")]
#[case::plain_to_submit("text/plain", "print(1)", 415, "unsupportedMediaType")]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_submission_is_refused(
    #[case] content_type: &str,
    #[case] body: &'static str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let system = System::start(0).await;
    let request = system.client.request("POST", "/api/submit").header("content-type", content_type);
    assert_error(&system.client.send(request.body(body)).await, status, code);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_asks_for_what_cannot_be_is_refused_and_not_stored() {
    let settings = vec![("AIRLOCK_MAX_WALL_MS", "5000")];
    let system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let file = |path: &str, content: &str| json!({ "path": path, "content": content });
    let not_base64 = json!({ "path": "a", "content": "?", "encoding": "base64" });
    for (fields, code) in [
        (json!({ "code": null }), "invalidField"),
        (json!({ "code": null, "files": [file("other.c", "")] }), "invalidField"),
        (json!({ "files": [file("main.c", "")] }), "invalidField"),
        (json!({ "files": [file("../../etc/passwd", "")] }), "invalidField"),
        (json!({ "files": [file("a", "")], "file": [] }), "invalidField"),
        (json!({ "files": [not_base64] }), "invalidField"),
        (json!({ "args": ["\0"] }), "invalidField"),
        (json!({ "args": "-v" }), "invalidField"),
        (json!({ "env": { "LD PRELOAD": "x" } }), "invalidField"),
        (json!({ "lang": "python", "compilerArgs": ["-O3"] }), "invalidField"),
        (json!({ "tests": vec![json!({}); 1001] }), "invalidField"),
        (json!({ "tests": [{ "input": "" }] }), "invalidField"),
        (json!({ "tests": [{}], "outputFiles": ["a"] }), "invalidField"),
        (json!({ "outputFiles": ["../*"] }), "invalidField"),
        (json!({ "limits": { "wallMs": -1 } }), "invalidField"),
        (json!({ "limits": { "wall_ms": 1 } }), "invalidField"),
        (json!({ "limits": { "wallMs": 5001 } }), "limitOutOfRange"),
        (json!({ "compileLimits": { "memoryBytes": 1 } }), "limitOutOfRange"),
    ] {
        let mut body = json!({ "lang": "c", "code": "int main(){}" });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        for path in ["/api/submit", "/api/execute"] {
            assert_error(&system.client.post(path, &body).await, 422, code);
        }
    }
    let store = system.store().await;
    let stored = store.unfinished(Duration::ZERO, Duration::ZERO).await.unwrap();
    assert_eq!(stored.count().await, 0);
    assert_eq!(system.queue().length().await.unwrap(), 0);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_stored_byte_for_byte() {
    let system = System::start(0).await;
    let body = json!({
        "lang": "gcc",
        "code": "int main(){}\0\u{fffd}ä",
        "stdInput": "\0\r\n",
        "files": [{ "path": "data/in.bin", "content": "AP8=", "encoding": "base64" }],
        "args": ["", "a b"],
        "env": { "A": "$b.c" },
        "limits": { "memoryBytes": 1_073_741_824 },
        "outputFiles": ["**/*"],
    });
    let reply = system.client.post("/api/submit", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let id = reply.json()["codeSubmissionId"].as_str().unwrap().parse().unwrap();
    let stored = system.store().await.get(id).await.unwrap().unwrap().program;
    assert_eq!((stored.lang.as_str(), stored.code.as_str()), ("c", "int main(){}\0\u{fffd}ä"));
    assert_eq!(stored.std_input.as_deref(), Some("\0\r\n"));
    assert_eq!(stored.files[0].contents, [0, 0xff]);
    assert_eq!((stored.args, stored.env["A"].as_str()), (vec!["".into(), "a b".into()], "$b.c"));
    assert_eq!(stored.limits.memory_bytes, Some(1 << 30));
    assert_eq!(stored.output_files, ["**/*"]);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_that_is_wrong_is_refused_too() {
    let system = System::start(0).await;
    let client = &system.client;
    let big = json!({ "code": "x".repeat(2 * 1024 * 1024), "lang": "python" });
    assert_error(&client.post("/api/submit", &big).await, 413, "bodyTooLarge");
    let undeclared = client.request("POST", "/api/submit").body("{}");
    assert_error(&client.send(undeclared).await, 415, "unsupportedMediaType");

    let unknown = "/api/result/01937b5e-7c1a-7cc3-9d1f-0a1b2c3d4e5f";
    for (method, path, status, code) in [
        ("GET", "/api/result/42", 400, "invalidId"),
        ("GET", "/api/result/%ff%fe", 400, "invalidId"),
        ("GET", unknown, 404, "unknownSubmission"),
        ("GET", &format!("{unknown}?wait=-1"), 400, "invalidQuery"),
        ("GET", &format!("{unknown}?wait=soon"), 400, "invalidQuery"),
        ("GET", &format!("{unknown}?wait=61"), 400, "invalidQuery"),
        ("GET", &format!("{unknown}?wait=99999999999999999999"), 400, "invalidQuery"),
        ("GET", &format!("{unknown}?patience=1"), 400, "invalidQuery"),
        ("GET", "/api/nothing", 404, "unknownPath"),
        ("GET", "/", 404, "unknownPath"),
        ("DELETE", "/api/submit", 405, "methodNotAllowed"),
        ("GET", "/api/execute", 405, "methodNotAllowed"),
    ] {
        let reply = client.send(client.request(method, path)).await;
        assert_error(&reply, status, code);
    }

    let plain = |path: &str, body: Vec<u8>| {
        client.send(client.request("POST", path).header("content-type", "text/plain").body(body))
    };
    assert_error(&plain("/api/execute", b"print(1)".to_vec()).await, 400, "invalidQuery");
    assert_error(&plain("/api/execute?lang=python", vec![0xff]).await, 422, "invalidField");
    assert_error(&plain("/api/execute?lang=python", Vec::new()).await, 422, "invalidField");

    let health = client.get("/healthz").await;
    assert_eq!(health.status, StatusCode::OK);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_itself() {
    let system = System::start(0).await;
    let description = system.client.get("/api/openapi.json").await.json();
    for path in ["/api/submit", "/api/result/{id}", "/api/execute", "/api/languages"] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
    let page = system.client.get("/api/docs/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("swagger"), "{}", page.text);
    let metrics = system.client.get("/metrics").await.text;
    assert!(metrics.contains("airlock_http_request_duration_seconds"), "{metrics}");
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_never_finishes_its_request_is_closed() {
    let settings = vec![("AIRLOCK_HTTP_BODY_TIMEOUT_SECONDS", "1")];
    let system = System::start_with(0, Options { settings, ..Default::default() }).await;
    let address = system.api.address("listening").await;
    let begin = async |head: &str| {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        connection
    };
    let answer = async |mut connection: TcpStream| {
        let mut text = String::new();
        let read = connection.read_to_string(&mut text);
        // The bound on a head is 30 seconds.
        tokio::time::timeout(Duration::from_secs(60), read).await.unwrap().unwrap();
        text
    };
    let head = begin("GET /healthz HTTP/1.1\r\nhost: a\r\n").await;
    let body = "POST /api/submit HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let body = begin(body).await;
    let answered = answer(body).await;
    assert!(answered.starts_with("HTTP/1.1 408") && answered.contains("bodyTimeout"), "{answered}");
    let answered = answer(head).await;
    assert!(answered.is_empty() || answered.starts_with("HTTP/1.1 408"), "{answered}");
    system.stop().await;
}
