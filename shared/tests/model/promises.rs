//! What must be true at every moment, whatever has happened.

use std::fmt;

use super::scenario::Scenario;
use super::world::{Cancel, Leader, Submit, Task, Waiter, World};

/// What is promised: first to clients, then of how much work there is at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Promise {
    /// P1: what was answered 201 comes to its end, every waiter is answered, and nothing is left.
    NothingIsLost,
    /// P2: a final state is written once and never changes, and nobody ever saw another.
    OneResult,
    /// P3: who has lost the claim changes nothing.
    StaleWritesDoNothing,
    /// Two submits under one key are one submission.
    OneSubmissionForAKey,
    /// An ending says what happened: cancelled, expired, or started too often.
    EndingsAreTrue,
    /// After a cancel was acknowledged, no execution is granted any more.
    CancelledIsNotStarted,
    /// What was never started by its deadline is not started.
    OverdueIsNotStarted,
    /// What is unfinished stays in the queue until Redis itself loses it: no net is needed.
    QueueKeepsTheUnfinished,
    /// `known` says truly what is in the queue, and that is there once.
    IndexIsTrue,
    /// So many executions at most, with so many faults.
    ExecutionsAreBounded,
    /// Each counted start is one claim, and only a counted one is taken off again.
    StartsAreTrue,
    /// Without faults, everything comes to its end without reconciler and second read.
    NetsAreForFaults,
}

/// A promise that does not hold, and how that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) promise: Promise,
    pub(crate) how: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.how)
    }
}

pub(crate) fn broken(promise: Promise, how: &'static str) -> Result<(), Broken> {
    Err(Broken { promise, how })
}

/// Whether a step led to where everything still holds.
pub(crate) fn check(before: &World, after: &World, scenario: &Scenario) -> Result<(), Broken> {
    use Promise::*;
    if let Some(end) = before.end()
        && after.majority != Some(end)
    {
        return broken(OneResult, "a final state was changed");
    }
    if let (Some(seen), Some(end)) = (after.seen, after.end())
        && end.ending != Some(seen)
    {
        return broken(OneResult, "somebody was shown another result than what is stored");
    }
    let places = places(after);
    if places > 1 || after.redis.known != (places == 1) {
        return broken(IndexIsTrue, "the queue has it twice, or not as `known` says");
    }
    if let Some(stored) = after.majority
        && after.entrusted
        && !stored.life.state.is_final()
        && places == 0
    {
        return broken(QueueKeepsTheUnfinished, "it is unfinished, and the queue has let go of it");
    }
    if after.executions > scenario.executions {
        return broken(ExecutionsAreBounded, "it is executed once too often");
    }
    if let Some(stored) = after.primary
        && stored.life.starts < 0
    {
        return broken(StartsAreTrue, "a start was taken off that never was counted");
    }
    Ok(())
}

/// Whether all has come to rest as it should.
pub(crate) fn is_settled(world: &World) -> bool {
    let nothing_promised = world.primary.is_none() && !world.is_answered();
    let ended = world.end().is_some() || (nothing_promised && world.majority.is_none());
    ended
        && world.primary == world.majority
        && places(world) == 0
        && !world.reconciling
        && world.leader == Leader::None
        && world.workers.iter().all(|task| matches!(task, Task::Idle | Task::Dead))
        && world
            .submits
            .iter()
            .all(|submit| matches!(submit, Submit::None | Submit::Answered | Submit::Lost))
        && matches!(world.cancel, Cancel::None | Cancel::Promised | Cancel::Over)
        && matches!(world.waiter, Waiter::None | Waiter::Answered)
}

fn places(world: &World) -> usize {
    usize::from(world.redis.backlog) + world.redis.entries.iter().flatten().count()
}
