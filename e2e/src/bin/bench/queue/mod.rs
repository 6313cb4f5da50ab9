//! What the way through the queue costs: taking submissions in, waking clients, the whole way with a
//! sandbox that does nothing, clients that wait, and fairness. Each figure stands beside what MongoDB
//! or Redis alone does in the same run.
//!
//! A figure with a target says so. The load generators share the machine with everything else.

mod accept;
mod crowd;
mod fairness;
mod lean;
mod pipeline;
mod stand_in;
mod wake;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// If this process was started to be one of the parts: is it until its end.
pub(crate) async fn served() -> bool {
    crowd::served().await || stand_in::served().await
}

/// Measures what is chosen, or all of it.
pub(crate) async fn measure(chosen: Option<&str>) {
    unlimited_files();
    let is_chosen = |name: &str| chosen.is_none_or(|chosen| chosen == name);
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

/// Ten thousand clients are as many open files in the API, and in the process that they are.
fn unlimited_files() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
}
