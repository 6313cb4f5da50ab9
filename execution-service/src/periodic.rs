//! What is done again and again, for as long as the worker lives.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Takes a step at once and then every `period`, until dropped. A step that takes longer than that
/// delays the next one, so that two are never under way.
pub(crate) async fn every<F: Future<Output = ()>>(period: Duration, mut step: impl FnMut() -> F) {
    let mut ticks = ticks(period);
    loop {
        ticks.tick().await;
        step().await;
    }
}

/// The ticks of [`every`], for a loop whose steps change something.
pub(crate) fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
