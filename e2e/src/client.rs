//! A client of the API, as a user would write one.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// A long poll takes up to a minute; anything slower is a failed test.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Speaks to one API.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }
}

impl Client {
    /// A client of the API at this address.
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build().unwrap();
        Self { http, base: format!("http://{address}"), key: None }
    }

    /// A client of the same API, with this key or token.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// A request with this method to this path.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    /// `GET`s a path.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path)).await
    }

    /// `POST`s JSON to a path.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request("POST", path).json(body)).await
    }

    /// `PATCH`es a path with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request("PATCH", path).json(body)).await
    }

    /// Submits a program; its id.
    pub async fn submit(&self, lang: &str, code: &str, std_input: &str) -> String {
        let body = json!({ "code": code, "lang": lang, "stdInput": std_input });
        let reply = self.post("/api/submit", &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply.json()["codeSubmissionId"].as_str().unwrap().to_owned()
    }

    /// Waits for a submission's end, by as many long polls as it takes; its result.
    pub async fn finished(&self, id: &str) -> Value {
        for _ in 0..6 {
            let reply = self.get(&format!("/api/result/{id}?wait=30")).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
            let result = reply.json();
            if !["queued", "running"].contains(&result["status"].as_str().unwrap()) {
                return result;
            }
        }
        panic!("submission {id} is not finished after three minutes");
    }

    /// Submits a program and waits for its result.
    pub async fn run(&self, lang: &str, code: &str, std_input: &str) -> Value {
        let id = self.submit(lang, code, std_input).await;
        self.finished(&id).await
    }
}
