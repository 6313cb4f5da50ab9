//! What the metrics of both services have in common.

use prometheus_client::registry::Registry;

/// The media type of [`encode`]'s text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Bounds of time histograms, in seconds: from a cache hit to the longest wait.
pub const SECONDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

/// A registry whose names all begin with `airlock_`.
pub fn registry() -> Registry {
    Registry::with_prefix("airlock")
}

/// All metrics as text.
pub fn encode(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = prometheus_client::encoding::text::encode(&mut text, registry);
    text
}
