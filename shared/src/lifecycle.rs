//! The life of a submission as a pure function: what may change, when, and into what.
//!
//! Every change in the store is a compare-and-set. An [`Event`]'s [`guards`](Event::guards) are what
//! it compares, [`Life::changed_by`] is what it sets, and the store's filters and updates say the same
//! to MongoDB. `tests/model.rs` walks through every order of these events, faults included, and shows
//! that no guard can be spared.
//!
//! A claim is made known at once, before any other member of the replica set has it, so that a failover
//! may take it back and the epoch that it raised may be given out again. That is why a claim is named by
//! a token that no other has, and not by epoch and worker alone. For the same reason, whoever writes
//! again after a lost answer may conclude "it was written before" only from what the majority has.

use crate::submission::State;

/// How often an execution is started before the submission itself is taken to be the cause of the
/// trouble. Three: one for a worker that dies, one for the bad luck of meeting a second.
pub const MAX_STARTS: i32 = 3;

/// What of a submission decides about its next state. `T` is what tells one claim from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Life<T> {
    /// Where it stands.
    pub state: State,
    /// Raised by every claim.
    pub epoch: i64,
    /// The token of the last claim; none once it is handed back.
    pub token: Option<T>,
    /// Claims that were to start it and were not handed back.
    pub starts: i32,
    /// Whether it is to be stopped, asked for while it was running.
    pub cancel_requested: bool,
    /// Whether its time in the queue is over.
    pub deadline_passed: bool,
}

/// A claim on a submission, by which its holder writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key<T> {
    /// The epoch that the claim began.
    pub epoch: i64,
    /// Its token.
    pub token: T,
}

/// What may happen to a stored submission. Each is one compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event<T> {
    /// A worker that the queue has delivered it to claims it, under a token that no claim has had.
    /// The same event again, after a lost answer, changes nothing.
    Claim(T),
    /// The holder of a claim writes the final state.
    Finish(Key<T>, State),
    /// The holder of a claim puts it back among the queued, and the start does not count.
    HandBack(Key<T>),
    /// Somebody withdraws what nobody has claimed; it is over at once.
    Cancel,
    /// Somebody withdraws what is running; the holder of the claim, or of the next one, ends it.
    RequestCancel,
    /// It has waited for too long; it is over at once.
    Expire,
}

/// The compare part of a compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// The state is not final.
    Unfinished,
    /// The state is `queued`.
    Queued,
    /// The state is `running`.
    Running,
    /// The token is another than that of the event.
    NewToken,
    /// Epoch and token are those of the event.
    SameClaim,
    /// A start was counted.
    Started,
    /// The deadline has passed, and no start was counted.
    Overdue,
}

/// What a claim's answer tells the claimer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claimed {
    /// To execute it, under this claim.
    Granted,
    /// To end it as cancelled, under this claim, without executing it.
    Cancelled,
    /// To end it as failed, under this claim, because its deadline passed before any start.
    Expired,
    /// To end it as failed, under this claim: it was started [`MAX_STARTS`] times before.
    Exhausted,
    /// It is in a final state.
    Finished,
    /// To leave it alone: another has claimed it since, or a failover has taken the claim back.
    Overtaken,
}

/// What a finish or a hand-back tells the holder of the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// It is written.
    Now,
    /// An earlier try under this claim has written it, whose answer was lost.
    Before,
    /// The claim does not hold, and nothing was written.
    Refused,
}

impl<T> Event<T> {
    /// What must be true of the stored submission, or nothing changes.
    pub fn guards(&self) -> &'static [Guard] {
        match self {
            Self::Claim(_) => &[Guard::Unfinished, Guard::NewToken],
            Self::Finish(..) => &[Guard::Running, Guard::SameClaim],
            Self::HandBack(_) => &[Guard::Running, Guard::SameClaim, Guard::Started],
            Self::Cancel => &[Guard::Queued],
            Self::RequestCancel => &[Guard::Running],
            Self::Expire => &[Guard::Queued, Guard::Overdue],
        }
    }
}

impl Guard {
    /// Whether it holds.
    pub fn holds<T: Clone + PartialEq>(self, life: &Life<T>, event: &Event<T>) -> bool {
        match self {
            Self::Unfinished => !life.state.is_final(),
            Self::Queued => life.state == State::Queued,
            Self::Running => life.state == State::Running,
            Self::NewToken => !matches!(event, Event::Claim(token) if life.holds(token)),
            Self::SameClaim => match event {
                Event::Finish(key, _) | Event::HandBack(key) => life.is_claimed_by(key),
                _ => false,
            },
            Self::Started => life.starts > 0,
            Self::Overdue => life.is_overdue(),
        }
    }
}

impl<T: Clone + PartialEq> Life<T> {
    /// As it begins.
    pub fn new() -> Self {
        Self {
            state: State::Queued,
            epoch: 0,
            token: None,
            starts: 0,
            cancel_requested: false,
            deadline_passed: false,
        }
    }

    /// What becomes of it by an event; nothing, where a guard does not hold.
    pub fn after(&self, event: &Event<T>) -> Option<Self> {
        let held = event.guards().iter().all(|guard| guard.holds(self, event));
        held.then(|| self.changed_by(event))
    }

    /// The set part of the compare-and-set: what an event makes of it where all guards hold.
    #[must_use]
    pub fn changed_by(&self, event: &Event<T>) -> Self {
        let mut next = self.clone();
        match event {
            Event::Claim(token) => {
                next.state = State::Running;
                next.epoch += 1;
                next.token = Some(token.clone());
                // What is claimed only to be declared expired is not started, and a claim without
                // a counted start is known by that, also to whoever takes it over.
                next.starts += i32::from(!self.is_overdue());
            }
            Event::Finish(_, state) => next.state = *state,
            Event::HandBack(_) => {
                next.state = State::Queued;
                next.token = None;
                next.starts -= 1;
                // There was a worker for it in time: it may wait for the next one.
                next.deadline_passed = false;
            }
            Event::Cancel => next.state = State::Cancelled,
            Event::RequestCancel => next.cancel_requested = true,
            Event::Expire => next.state = State::Failed,
        }
        next
    }

    /// The answer to a claim under this token, from what the store has after it was tried.
    pub fn claimed(&self, token: &T) -> Claimed {
        match self {
            _ if self.state.is_final() => Claimed::Finished,
            _ if !self.holds(token) => Claimed::Overtaken,
            _ if self.cancel_requested => Claimed::Cancelled,
            _ if self.starts == 0 => Claimed::Expired,
            _ if self.starts > MAX_STARTS => Claimed::Exhausted,
            _ => Claimed::Granted,
        }
    }

    /// The answer to a finish that changed nothing, from what the majority has after it was tried.
    pub fn refused(&self, key: &Key<T>) -> Written {
        match self.state.is_final() && self.is_claimed_by(key) {
            true => Written::Before,
            false => Written::Refused,
        }
    }

    /// The last claim, if it holds.
    pub fn key(&self) -> Option<Key<T>> {
        self.token.clone().map(|token| Key { epoch: self.epoch, token })
    }

    fn holds(&self, token: &T) -> bool {
        self.token.as_ref() == Some(token)
    }

    fn is_claimed_by(&self, key: &Key<T>) -> bool {
        self.epoch == key.epoch && self.holds(&key.token)
    }

    /// Whether it is to be declared expired by whoever claims it next.
    pub fn is_overdue(&self) -> bool {
        self.deadline_passed && self.starts == 0
    }
}

impl<T: Clone + PartialEq> Default for Life<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const QUEUED: Life<u8> = Life {
        state: State::Queued,
        epoch: 1,
        token: None,
        starts: 0,
        cancel_requested: false,
        deadline_passed: false,
    };
    const RUNNING: Life<u8> =
        Life { state: State::Running, epoch: 2, token: Some(7), starts: 1, ..QUEUED };
    const COMPLETED: Life<u8> = Life { state: State::Completed, ..RUNNING };
    const OVERDUE: Life<u8> = Life { deadline_passed: true, ..QUEUED };
    /// Claimed by somebody who was to declare it expired, and died.
    const LEFT_OVERDUE: Life<u8> = Life { starts: 0, deadline_passed: true, ..RUNNING };
    const STARTED_IN_TIME: Life<u8> = Life { starts: 1, ..OVERDUE };
    const WITHDRAWN: Life<u8> = Life { cancel_requested: true, ..RUNNING };
    const WORN_OUT: Life<u8> = Life { starts: MAX_STARTS, ..RUNNING };

    const HOLDER: Key<u8> = Key { epoch: 2, token: 7 };
    const OLDER: Key<u8> = Key { epoch: 1, token: 6 };
    /// Of a claim that a failover took back before its epoch was given to another.
    const TWIN: Key<u8> = Key { epoch: 2, token: 6 };

    #[rstest]
    #[case(QUEUED, Claimed::Granted, 1)]
    #[case(RUNNING, Claimed::Granted, 2)]
    #[case(Life { starts: MAX_STARTS - 1, ..RUNNING }, Claimed::Granted, MAX_STARTS)]
    #[case(WORN_OUT, Claimed::Exhausted, MAX_STARTS + 1)]
    #[case(OVERDUE, Claimed::Expired, 0)]
    #[case(LEFT_OVERDUE, Claimed::Expired, 0)]
    #[case(STARTED_IN_TIME, Claimed::Granted, 2)]
    #[case(WITHDRAWN, Claimed::Cancelled, 2)]
    #[case(Life { state: State::Queued, token: None, ..WITHDRAWN }, Claimed::Cancelled, 2)]
    fn a_claim_raises_the_epoch_and_says_what_to_do(
        #[case] life: Life<u8>,
        #[case] claimed: Claimed,
        #[case] starts: i32,
    ) {
        let after = life.after(&Event::Claim(9)).unwrap();
        assert_eq!((after.claimed(&9), after.starts), (claimed, starts));
        assert_eq!(after.key(), Some(Key { epoch: life.epoch + 1, token: 9 }));
        assert_eq!(after.state, State::Running);
        // The same claim again, after a lost answer, is the same claim.
        assert_eq!(after.after(&Event::Claim(9)), None);
        // It is no other's.
        assert_eq!(after.claimed(&8), Claimed::Overtaken);
    }

    #[rstest]
    #[case(RUNNING, HOLDER, true)]
    #[case(WITHDRAWN, HOLDER, true)]
    #[case(WORN_OUT, HOLDER, true)]
    #[case(RUNNING, OLDER, false)]
    #[case(RUNNING, TWIN, false)]
    #[case(QUEUED, HOLDER, false)]
    #[case(QUEUED, OLDER, false)]
    #[case(COMPLETED, HOLDER, false)]
    fn only_the_last_claim_writes_and_only_while_it_runs(
        #[case] life: Life<u8>,
        #[case] key: Key<u8>,
        #[case] writes: bool,
    ) {
        let finished = Life { state: State::Failed, ..life };
        assert_eq!(life.after(&Event::Finish(key, State::Failed)), writes.then_some(finished));
        let queued = Life { state: State::Queued, token: None, starts: life.starts - 1, ..life };
        assert_eq!(life.after(&Event::HandBack(key)), writes.then_some(queued));
    }

    #[test]
    fn what_was_never_started_is_not_handed_back() {
        assert_eq!(LEFT_OVERDUE.after(&Event::HandBack(HOLDER)), None);
    }

    #[test]
    fn what_was_started_in_time_and_handed_back_does_not_expire() {
        let running = Life { deadline_passed: true, ..RUNNING };
        let queued = running.after(&Event::HandBack(HOLDER)).unwrap();
        assert_eq!((queued.starts, queued.after(&Event::Expire)), (0, None));
        assert_eq!(queued.after(&Event::Claim(9)).unwrap().claimed(&9), Claimed::Granted);
    }

    #[rstest]
    #[case(COMPLETED, HOLDER, Written::Before)]
    #[case(COMPLETED, OLDER, Written::Refused)]
    #[case(COMPLETED, TWIN, Written::Refused)]
    #[case(RUNNING, OLDER, Written::Refused)]
    #[case(QUEUED, OLDER, Written::Refused)]
    #[case(Life { state: State::Cancelled, ..QUEUED }, OLDER, Written::Refused)]
    fn a_refused_finish_is_known_as_ones_own_only_by_the_claim(
        #[case] life: Life<u8>,
        #[case] key: Key<u8>,
        #[case] written: Written,
    ) {
        assert_eq!(life.refused(&key), written);
    }

    #[rstest]
    #[case(QUEUED, Some(State::Cancelled), false)]
    #[case(RUNNING, None, true)]
    #[case(COMPLETED, None, false)]
    fn what_waits_is_cancelled_at_once_and_what_runs_is_asked_to_end(
        #[case] life: Life<u8>,
        #[case] cancelled: Option<State>,
        #[case] requested: bool,
    ) {
        assert_eq!(life.after(&Event::Cancel).map(|after| after.state), cancelled);
        let after = life.after(&Event::RequestCancel);
        assert_eq!(after, requested.then_some(Life { cancel_requested: true, ..life }));
    }

    #[rstest]
    #[case(OVERDUE, true)]
    #[case(QUEUED, false)]
    #[case(STARTED_IN_TIME, false)]
    #[case(LEFT_OVERDUE, false)]
    #[case(Life { state: State::Failed, ..OVERDUE }, false)]
    fn only_what_waits_and_was_never_started_expires(
        #[case] life: Life<u8>,
        #[case] expires: bool,
    ) {
        let expired = expires.then_some(Life { state: State::Failed, ..life });
        assert_eq!(life.after(&Event::Expire), expired);
    }

    #[test]
    fn a_final_state_is_never_left() {
        let events = [
            Event::Claim(9),
            Event::Finish(HOLDER, State::Failed),
            Event::HandBack(HOLDER),
            Event::Cancel,
            Event::RequestCancel,
            Event::Expire,
        ];
        for state in [State::Completed, State::Failed, State::Cancelled] {
            let life = Life { state, deadline_passed: true, starts: 0, ..RUNNING };
            assert!(events.iter().all(|event| life.after(event).is_none()));
            assert_eq!(life.claimed(&9), Claimed::Finished);
        }
    }
}
