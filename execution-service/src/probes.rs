//! What operators ask a worker: alive, ready, metrics. On a port of its own.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use shared::queue::Queue;
use shared::store::Store;
use tokio::net::TcpListener;

use crate::metrics::Metrics;
use crate::sandbox::Sandboxes;

/// What the probes look at.
#[derive(Clone)]
pub(crate) struct Probes {
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) metrics: Metrics,
}

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, probes: Probes) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(probes);
    axum::serve(listener, routes).await
}

async fn readyz(State(probes): State<Probes>) -> (StatusCode, String) {
    let (store, queue, engine) =
        tokio::join!(probes.store.ping(), probes.queue.ping(), probes.sandboxes.ping());
    let (store, queue, engine) = (store.is_ok(), queue.is_ok(), engine.is_ok());
    let status = match store && queue && engine {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("store={store} queue={queue} engine={engine}\n"))
}

async fn metrics(State(probes): State<Probes>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, shared::metrics::CONTENT_TYPE)], probes.metrics.encode())
}
