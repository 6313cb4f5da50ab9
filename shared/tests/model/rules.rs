//! The rules that keep the promises. Each can be taken away, to see what breaks without it.

use shared::lifecycle::{Event, Guard};

/// One rule of the store, the queue, the API or the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    // What the store compares: the guards of `lifecycle.rs`.
    ClaimOfUnfinishedOnly,
    ClaimAgainIsNoNewClaim,
    FinishOfRunningOnly,
    FinishBySameClaim,
    HandBackOfRunningOnly,
    HandBackBySameClaim,
    HandBackOfStartedOnly,
    CancelOfQueuedOnly,
    RequestCancelOfRunningOnly,
    ExpireOfQueuedOnly,
    ExpireOfOverdueOnly,
    /// A claim is compared by its token too, not by its epoch alone.
    ClaimComparedByToken,
    /// A claim is compared by its epoch too, not by its token alone.
    ClaimComparedByEpoch,
    /// A token names one claim, not one worker.
    TokenOfEachClaim,
    // What a claim's answer says.
    StartsAreBounded,
    ClaimTellsOfCancel,
    ClaimTellsOfDeadline,
    // What waits for the majority.
    AnswerAfterCommit,
    PublishAfterCommit,
    RemoveAfterCommit,
    ReadsOfMajority,
    AckOfFinishedAfterCommit,
    // Orders of doing things.
    InsertBeforeEnqueue,
    WriteBeforeAck,
    PublishWhatIsStored,
    RegisterBeforeRead,
    // What the queue checks.
    AckByOwner,
    HandBackByOwner,
    EnqueueOfUnknownOnly,
    // What looks again.
    Reclaim,
    ReconcileQueued,
    ReconcileOverdue,
    Reread,
    // What else is one.
    OneSubmissionForAKey,
}

impl Rule {
    pub(crate) const ALL: [Self; 34] = [
        Self::ClaimOfUnfinishedOnly,
        Self::ClaimAgainIsNoNewClaim,
        Self::FinishOfRunningOnly,
        Self::FinishBySameClaim,
        Self::HandBackOfRunningOnly,
        Self::HandBackBySameClaim,
        Self::HandBackOfStartedOnly,
        Self::CancelOfQueuedOnly,
        Self::RequestCancelOfRunningOnly,
        Self::ExpireOfQueuedOnly,
        Self::ExpireOfOverdueOnly,
        Self::ClaimComparedByToken,
        Self::ClaimComparedByEpoch,
        Self::TokenOfEachClaim,
        Self::StartsAreBounded,
        Self::ClaimTellsOfCancel,
        Self::ClaimTellsOfDeadline,
        Self::AnswerAfterCommit,
        Self::PublishAfterCommit,
        Self::RemoveAfterCommit,
        Self::ReadsOfMajority,
        Self::AckOfFinishedAfterCommit,
        Self::InsertBeforeEnqueue,
        Self::WriteBeforeAck,
        Self::PublishWhatIsStored,
        Self::RegisterBeforeRead,
        Self::AckByOwner,
        Self::HandBackByOwner,
        Self::EnqueueOfUnknownOnly,
        Self::Reclaim,
        Self::ReconcileQueued,
        Self::ReconcileOverdue,
        Self::Reread,
        Self::OneSubmissionForAKey,
    ];

    /// The rule that a guard of an event is. Every guard of every event has one.
    pub(crate) fn of<T>(event: &Event<T>, guard: Guard) -> Self {
        match (event, guard) {
            (Event::Claim(_), Guard::Unfinished) => Self::ClaimOfUnfinishedOnly,
            (Event::Claim(_), Guard::NewToken) => Self::ClaimAgainIsNoNewClaim,
            (Event::Finish(..), Guard::Running) => Self::FinishOfRunningOnly,
            (Event::Finish(..), Guard::SameClaim) => Self::FinishBySameClaim,
            (Event::HandBack(_), Guard::Running) => Self::HandBackOfRunningOnly,
            (Event::HandBack(_), Guard::SameClaim) => Self::HandBackBySameClaim,
            (Event::HandBack(_), Guard::Started) => Self::HandBackOfStartedOnly,
            (Event::Cancel, Guard::Queued) => Self::CancelOfQueuedOnly,
            (Event::RequestCancel, Guard::Running) => Self::RequestCancelOfRunningOnly,
            (Event::Expire, Guard::Queued) => Self::ExpireOfQueuedOnly,
            (Event::Expire, Guard::Overdue) => Self::ExpireOfOverdueOnly,
            (_, guard) => panic!("{guard:?} is a guard that the model has no rule for"),
        }
    }
}

/// All rules, or all but one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) without: Option<Rule>,
}

impl Rules {
    pub(crate) fn has(self, rule: Rule) -> bool {
        self.without != Some(rule)
    }
}
