//! Whatever is wrong with a request is answered 4xx in the envelope, and nothing panics.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::time::Duration;

use e2e::{Options, Reply, System};
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
