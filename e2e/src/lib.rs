//! Starts Airlock as its users do, as processes on a real MongoDB, Redis and Docker engine, and
//! lets tests break it.
//!
//! [`System`] is one whole Airlock with a database, a key prefix and ports of its own; [`Client`]
//! speaks to its API; [`Proxy`] stands between it and what it depends on, to be cut.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

pub mod chaos;
mod client;
mod engine;
pub mod plain;
mod process;
mod proxy;
pub mod stand_in;
mod system;

pub use client::{Client, Reply};
pub use engine::Engine;
pub use process::Process;
pub use proxy::Proxy;
pub use system::{Options, System};

use std::time::Duration;
use tokio::time::Instant;

/// What `./dev test` tells the tests; without it there is nothing to test against.
///
/// # Panics
///
/// When the variable is not set.
pub fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `./dev test` starts what these tests need and sets it")
    })
}

/// The `host:port` of a URL.
///
/// # Panics
///
/// When it is none.
pub fn host(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    rest[..rest.find(['/', '?']).unwrap_or(rest.len())].to_owned()
}

/// Asks the Docker client; whether it succeeded, and what it printed.
pub async fn docker(args: &[&str]) -> (bool, String) {
    let output = tokio::process::Command::new("docker").args(args).output().await.unwrap();
    let printed = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(printed).unwrap())
}

/// Looks again and again until `look` finds something.
///
/// # Panics
///
/// When it has found nothing within `patience`.
pub async fn eventually<T>(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
