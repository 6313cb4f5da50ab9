//! What a user may have only so many of at once: submissions that run, and one in each slot.
//!
//! The queue sees to it that no more are in the lanes or run than may. Here is what happens to one more
//! when it comes in: it is refused, or earlier ones are cancelled for it.

use shared::placement::{OverParallel, Parallel, Placement};
use shared::queue::Reserved;
use shared::store::{Cancelling, Store, StoreError, Waiting};
use shared::submission::{NewSubmission, SubmissionId};

use crate::app::App;
use crate::entrance::note_failure;
use crate::error::ApiError;
use crate::withdrawal::{call_off, take_out_of_the_queue};

/// Those that have permits are looked at again when some of them have ended; so often in a row, nobody
/// is that unlucky.
const RESERVE_ATTEMPTS: usize = 5;

/// Rounds of ending what is superseded, each of up to a thousand.
const SUPERSEDE_ROUNDS: usize = 100;

/// How often ending something is tried while the store is away. The submission for which it is to end
/// is stored by then; after that, the user's next one ends it too.
const SUPERSEDE_ATTEMPTS: usize = 3;

/// Gives new submissions ids that are later than those of the same user that are there. Usually they
/// are: only where clocks differ, an id of another API may be ahead.
pub(crate) async fn put_in_order(
    store: &Store,
    prepared: &mut [Result<NewSubmission, ApiError>],
) -> Result<(), StoreError> {
    let mut latest: Option<SubmissionId> = None;
    for new in prepared.iter_mut().flatten().filter(|new| takes_places(&new.placement)) {
        // All that are prepared together are of one user.
        if latest.is_none() {
            latest = Box::pin(store.latest_of_user(&new.placement)).await?;
        }
        if latest.is_some_and(|latest| latest >= new.id) {
            new.id = latest.map_or_else(SubmissionId::new, SubmissionId::later_than);
        }
        latest = Some(new.id);
    }
    Ok(())
}

/// Whether earlier ones may be cancelled for it.
fn takes_places(placement: &Placement) -> bool {
    let over = placement.parallel.as_ref().map(|parallel| parallel.over);
    placement.slot.is_some() || over == Some(OverParallel::CancelOldest)
}

/// The number of submissions that its user may have unfinished at most, where one more is refused.
fn bound(placement: &Placement) -> Option<u32> {
    let is_bound = |it: &&Parallel| it.over == OverParallel::Reject && it.max > 0;
    placement.parallel.as_ref().filter(is_bound).map(|parallel| parallel.max)
}

/// Reserves a permit for a submission that is refused if there is none: in the queue, where all who
/// ask at once are counted. Where the queue cannot tell, the store is asked, and some who ask at once
/// may pass the bound.
pub(crate) async fn reserve(app: &App, new: &NewSubmission) -> Result<(), ApiError> {
    match bound(&new.placement) {
        Some(max) => Box::pin(reserve_one_of(app, new, max)).await,
        None => Ok(()),
    }
}

async fn reserve_one_of(app: &App, new: &NewSubmission, max: u32) -> Result<(), ApiError> {
    // What is in its slot ends for it.
    let mut ignored = app.store.in_slot_beyond(&new.placement, 0).await?;
    let waiting = waiting(new);
    for _ in 0..RESERVE_ATTEMPTS {
        let holders = match app.queue.reserve(&waiting, &ignored).await {
            Ok(Reserved::Granted) => return Ok(()),
            Ok(Reserved::Refused(holders)) => holders,
            Ok(Reserved::Unknown) => return ask_the_store(app, &new.placement, max).await,
            Err(error) => {
                note_failure(&error);
                return ask_the_store(app, &new.placement, max).await;
            }
        };
        // A result is told before its permit is given back.
        let standings = app.store.standings(&holders).await?;
        let ended = standings.iter().filter(|standing| standing.state.is_final());
        let known = ignored.len();
        ignored.extend(ended.map(|standing| standing.id));
        if ignored.len() == known {
            break;
        }
    }
    Err(ApiError::ParallelLimit)
}

async fn ask_the_store(app: &App, placement: &Placement, max: u32) -> Result<(), ApiError> {
    match app.store.of_user_beyond(placement, max.saturating_sub(1)).await?.is_empty() {
        true => Ok(()),
        false => Err(ApiError::ParallelLimit),
    }
}

/// Gives back what was reserved for a submission that is not to be queued.
pub(crate) async fn give_back(app: &App, new: &NewSubmission) {
    if bound(&new.placement).is_some()
        && let Err(error) = Box::pin(app.queue.remove(new.id)).await
    {
        // It lapses.
        note_failure(&error);
    }
}

/// Cancels what a submission that has just been stored supersedes.
pub(crate) async fn supersede(app: &App, new: &NewSubmission, has_ended: bool) {
    if !takes_places(&new.placement) {
        return;
    }
    for attempt in 1..=SUPERSEDE_ATTEMPTS {
        match Box::pin(try_supersede(app, &new.placement, has_ended)).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(
                submission.id = %new.id, attempt, error = ?error,
                "what it supersedes is not ended yet"
            ),
        }
    }
}

async fn try_supersede(
    app: &App,
    placement: &Placement,
    has_ended: bool,
) -> Result<(), StoreError> {
    for _ in 0..SUPERSEDE_ROUNDS {
        let superseded = superseded(&app.store, placement, has_ended).await?;
        if superseded.is_empty() {
            return Ok(());
        }
        for id in superseded {
            end(app, id).await?;
        }
    }
    Ok(())
}

/// Of the slot all but the latest, and of the user all but as many of the latest as may run.
async fn superseded(
    store: &Store,
    placement: &Placement,
    has_ended: bool,
) -> Result<Vec<SubmissionId>, StoreError> {
    // One that has ended already is not among the unfinished.
    let mut superseded = store.in_slot_beyond(placement, u32::from(!has_ended)).await?;
    let parallel = placement.parallel.as_ref();
    let cancels = |it: &&Parallel| it.over == OverParallel::CancelOldest && it.max > 0;
    if let Some(parallel) = parallel.filter(cancels) {
        superseded.extend(store.of_user_beyond(placement, parallel.max).await?);
    }
    Ok(superseded)
}

async fn end(app: &App, id: SubmissionId) -> Result<(), StoreError> {
    match app.store.supersede(id).await? {
        Cancelling::Done(_) => {
            tracing::info!(submission.id = %id, "submission superseded");
            take_out_of_the_queue(app, id).await;
        }
        Cancelling::Requested => {
            tracing::info!(submission.id = %id, "submission superseded while it runs");
            call_off(app, id).await;
        }
        Cancelling::Final(_) | Cancelling::Unknown => {}
    }
    Ok(())
}

/// What the queue is told of it.
pub(crate) fn waiting(new: &NewSubmission) -> Waiting {
    let (lang, placement) = (new.program.lang.clone(), new.placement.clone());
    Waiting { id: new.id, lang, placement }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn placement(over: OverParallel, max: u32, slot: Option<&str>) -> Placement {
        let parallel = Some(Parallel { user: "ann".into(), max, over });
        Placement { parallel, slot: slot.map(str::to_owned), ..Placement::default() }
    }

    #[rstest]
    #[case(placement(OverParallel::Queue, 2, None), false, None)]
    #[case(placement(OverParallel::Queue, 2, Some("a")), true, None)]
    #[case(placement(OverParallel::CancelOldest, 2, None), true, None)]
    #[case(placement(OverParallel::Reject, 2, None), false, Some(2))]
    #[case(placement(OverParallel::Reject, 2, Some("a")), true, Some(2))]
    #[case(placement(OverParallel::Reject, 0, None), false, None)]
    #[case(Placement::default(), false, None)]
    fn only_what_may_end_others_looks_for_them_and_only_what_may_be_refused_asks(
        #[case] placement: Placement,
        #[case] cancels: bool,
        #[case] refused_beyond: Option<u32>,
    ) {
        assert_eq!((takes_places(&placement), bound(&placement)), (cancels, refused_beyond));
    }
}
