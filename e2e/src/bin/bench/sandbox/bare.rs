//! What the Docker engine itself needs for a container that does nothing: the measure of what single-use
//! containers can cost on this machine at this moment.

use e2e::docker;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// Containers for one figure.
const LIVES: u32 = 20;

/// Creates, starts and removes containers one after the other, under the engine's own runtime and
/// without a network, as the engine's defaults have it otherwise.
pub(crate) struct Bare {
    engine: Client,
    image: String,
}

impl Bare {
    pub(crate) async fn new() -> Self {
        let list = ["images", "--format", "{{.Repository}}:{{.Tag}}", "airlock/sandbox-python"];
        let (_, images) = docker(&list).await;
        let image = images.lines().next().unwrap().to_owned();
        let engine = Client::builder().unix_socket("/var/run/docker.sock").build().unwrap();
        Self { engine, image }
    }

    /// Some whole lives; how many.
    pub(crate) async fn lives(&self) -> u32 {
        for _ in 0..LIVES {
            let container = json!({
                "Image": self.image,
                "Entrypoint": ["sleep", "60"],
                "NetworkDisabled": true,
                "HostConfig": { "Runtime": "runc" },
            });
            let created = self.ask(Method::POST, "create", Some(container)).await;
            let id = created["Id"].as_str().unwrap();
            self.ask(Method::POST, &format!("{id}/start"), None).await;
            self.ask(Method::DELETE, &format!("{id}?force=1"), None).await;
        }
        LIVES
    }

    async fn ask(&self, method: Method, what: &str, body: Option<Value>) -> Value {
        let request = self.engine.request(method, format!("http://docker/containers/{what}"));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default()
    }
}
