//! What the way through the queue costs: taking submissions in, waking clients, the whole way with a
//! sandbox that does nothing, clients that wait, and fairness. Each figure stands beside what MongoDB
//! or Redis alone does in the same run.
//!
//! A figure with a target says so. The load generators share the machine with everything else.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]
#![expect(clippy::unwrap_used, reason = "a measurement that goes wrong is none")]

mod accept;
mod crowd;
mod fairness;
mod figures;
mod lean;
mod pipeline;
mod stand_in;
mod wake;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

#[tokio::main]
async fn main() {
    // Ten thousand clients are as many open files in the API, and in the process that they are.
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    if crowd::served().await || stand_in::served().await {
        return;
    }
    let chosen = std::env::args().nth(1);
    let is_chosen = |name: &str| chosen.as_deref().is_none_or(|chosen| chosen == name);
    if is_chosen("accept") {
        accept::measure().await;
    }
    if is_chosen("wake") {
        wake::measure().await;
    }
    if is_chosen("pipeline") {
        pipeline::measure().await;
    }
    if is_chosen("crowd") {
        crowd::measure().await;
    }
    if is_chosen("fairness") {
        fairness::measure().await;
    }
}
