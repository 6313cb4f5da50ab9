//! What operators ask: alive, ready, metrics.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// Whether what the API depends on answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadyBody {
    /// `ready`; `degraded` while the queue is away (submissions are stored and wait); or
    /// `unavailable` while the store is.
    #[schema(example = "ready")]
    status: &'static str,
    /// Whether MongoDB answers.
    store: bool,
    /// Whether Redis answers.
    queue: bool,
}

/// Is the process alive?
#[utoipa::path(
    get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "It is", body = String))
)]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Can the process serve requests?
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "It can", body = ReadyBody),
        (status = 503, description = "It cannot", body = ReadyBody),
    )
)]
pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, Json<ReadyBody>) {
    let (store, queue) = tokio::join!(app.store.ping(), app.queue.ping());
    let (store, queue) = (store.is_ok(), queue.is_ok());
    let (code, status) = match (store, queue) {
        (true, true) => (StatusCode::OK, "ready"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    (code, Json(ReadyBody { status, store, queue }))
}

/// Metrics in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "OpenMetrics text", body = String))
)]
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let content_type = HeaderValue::from_static(shared::metrics::CONTENT_TYPE);
    ([(header::CONTENT_TYPE, content_type)], app.metrics.encode()).into_response()
}
