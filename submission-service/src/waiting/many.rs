//! Waiting until many submissions are finished.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use shared::events::WakeUp;
use shared::store::Standing;
use shared::submission::SubmissionId;
use tokio::time::Instant;

use super::{REREAD, jittered};
use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;

/// A submission that can still end.
struct Pending {
    id: SubmissionId,
    wake_up: WakeUp,
}

/// Returns as soon as none of these submissions of the caller can end any more, or when `patience`
/// has passed or the process is to stop. What there is not has nothing to end.
///
/// While it waits it holds ids only: programs and results may be large.
pub(crate) async fn wait_for_all(
    app: &App,
    caller: &Caller,
    ids: &[SubmissionId],
    patience: Duration,
) -> Result<(), ApiError> {
    let deadline = Instant::now() + patience;
    let ids = unfinished(app, caller, ids).await?;
    if ids.is_empty() || patience.is_zero() {
        return Ok(());
    }
    let _waiting = app.metrics.waiter();
    // Register, then read: an end between the two would otherwise be missed.
    let register = async |id| Pending { id, wake_up: app.wake_ups.register(id).await };
    let mut pending = join_all(ids.into_iter().map(register)).await;
    loop {
        let ids: Vec<SubmissionId> = pending.iter().map(|pending| pending.id).collect();
        match unfinished(app, caller, &ids).await {
            Ok(unfinished) => pending.retain(|pending| unfinished.contains(&pending.id)),
            // The wait outlives an election of the store; its end does not.
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => {}
        }
        let next_read = deadline.min(Instant::now() + jittered(REREAD));
        loop {
            // An end that came with its wake-up needs no read.
            pending.retain_mut(|pending| pending.wake_up.ending().is_none());
            if pending.is_empty() || Instant::now() >= deadline || app.shutdown.is_cancelled() {
                return Ok(());
            }
            let needs_read = tokio::select! {
                nth = any(&mut pending) => pending[nth].wake_up.ending().is_none(),
                () = tokio::time::sleep_until(next_read) => true,
                () = app.shutdown.cancelled() => false,
            };
            if needs_read {
                break;
            }
        }
    }
}

/// Those of these submissions that are the caller's and not in a final state.
async fn unfinished(
    app: &App,
    caller: &Caller,
    ids: &[SubmissionId],
) -> Result<HashSet<SubmissionId>, ApiError> {
    let standings = app.store.standings(ids).await?;
    let is_pending =
        |standing: &Standing| !standing.state.is_final() && caller.may_see(&standing.tenant);
    Ok(standings.into_iter().filter(is_pending).map(|standing| standing.id).collect())
}

/// Waits until one is woken; which one.
async fn any(pending: &mut [Pending]) -> usize {
    let woken = pending.iter_mut().map(|pending| Box::pin(pending.wake_up.woken()));
    select_all(woken).await.1
}
