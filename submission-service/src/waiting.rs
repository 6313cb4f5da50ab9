//! Waiting for a submission to finish, or for many, for no longer than the client asked.

mod many;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use many::wait_for_all;
use shared::submission::{Submission, SubmissionId};
use tokio::time::Instant;

use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;

/// The longest wait a client may ask for: proxies cut connections that are silent for longer.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(60);

/// A wake-up can get lost, so the store is read again after this time and up to half as much again;
/// the spread keeps a crowd of waiters from reading all at once.
const REREAD: Duration = Duration::from_secs(2);

/// How long a client wants to wait.
pub(crate) fn parse_wait(seconds: u64) -> Result<Duration, ApiError> {
    let wait = Duration::from_secs(seconds);
    match wait <= MAX_WAIT {
        true => Ok(wait),
        false => {
            Err(ApiError::InvalidQuery(format!("`wait` is at most {} seconds", MAX_WAIT.as_secs())))
        }
    }
}

/// The caller's submission as soon as it is in a final state, or as it is when `patience` has passed
/// or the process is to stop.
pub(crate) async fn wait_for(
    app: &App,
    caller: &Caller,
    id: SubmissionId,
    patience: Duration,
) -> Result<Arc<Submission>, ApiError> {
    let deadline = Instant::now() + patience;
    let shared = app.reads.join(id);
    if patience.is_zero() {
        return caller.check(shared.read(&app.store).await?);
    }
    let _waiting = app.metrics.waiter();
    // Register, then read: an end between the two would otherwise be missed.
    let mut wake_up = app.wake_ups.register(id).await;
    let mut latest = caller.check(shared.read(&app.store).await?)?;
    let is_over = || Instant::now() >= deadline || app.shutdown.is_cancelled();
    while !latest.state.is_final() && !is_over() {
        let next_read = Instant::now() + jittered(REREAD);
        tokio::select! {
            () = wake_up.woken() => {}
            () = tokio::time::sleep_until(deadline.min(next_read)) => {}
            () = app.shutdown.cancelled() => {}
        }
        if let Some(ending) = wake_up.ending() {
            return Ok(Arc::new(latest.ended(&ending)));
        }
        match shared.read(&app.store).await {
            Ok(submission) => latest = submission,
            // The wait outlives an election of the store; its end does not.
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => {}
        }
    }
    Ok(latest)
}

/// `duration` and up to half as much again. A fresh UUID's last bits are random enough for that.
fn jittered(duration: Duration) -> Duration {
    let random = u32::from(uuid::Uuid::new_v4().as_bytes()[15]);
    duration + duration * random / (2 * u32::from(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_an_upper_bound() {
        assert_eq!(parse_wait(0).unwrap(), Duration::ZERO);
        assert_eq!(parse_wait(60).unwrap(), MAX_WAIT);
        assert!(parse_wait(61).is_err());
    }

    #[test]
    fn reads_are_spread_between_two_and_three_seconds() {
        for _ in 0..100 {
            let pause = jittered(REREAD);
            assert!(pause >= REREAD && pause <= REREAD * 3 / 2, "{pause:?}");
        }
    }
}
