//! What the model knows at one moment: one submission in store and queue, and what everybody is at.

use shared::lifecycle::{Key, Life};
use shared::submission::State;

/// A final state as somebody may see it: which, by which claim, and at which try of its writing (each
/// has another time of ending).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ending {
    pub(crate) state: State,
    pub(crate) claim: u8,
    pub(crate) attempt: u8,
}

/// The submission's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stored {
    pub(crate) life: Life<u8>,
    /// The claim that was made last, by its true number; the code does not see it.
    pub(crate) claim: u8,
    pub(crate) ending: Option<Ending>,
}

/// An entry of the stream, which is always delivered to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) id: u8,
    /// The name of its consumer.
    pub(crate) owner: u8,
}

/// The owner of entries whose worker is dead. A worker that starts has a name that nobody had.
pub(crate) const GONE: u8 = u8::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Redis {
    pub(crate) backlog: u8,
    pub(crate) entries: [Option<Entry>; 2],
    pub(crate) known: bool,
}

/// How far a worker's place is with its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    Dead,
    Idle,
    /// Delivered, to be claimed.
    Taken {
        entry: u8,
    },
    /// The claim is sent, its answer not read.
    Claimed {
        entry: u8,
        claim: u8,
    },
    Running {
        entry: u8,
        claim: u8,
        key: Key<u8>,
    },
    /// The final state is known, and is to be written.
    Ending {
        entry: u8,
        key: Key<u8>,
        ending: Ending,
    },
    /// It is sent, and the majority's answer is awaited.
    Written {
        entry: u8,
        key: Key<u8>,
        ending: Ending,
    },
    Publishing {
        entry: u8,
        ending: Ending,
    },
    Acking {
        entry: u8,
    },
    /// To be put back in the store, then in the queue.
    HandingBack {
        entry: u8,
        claim: u8,
        key: Key<u8>,
    },
    Returning {
        entry: u8,
    },
}

impl Task {
    pub(crate) fn entry(&self) -> Option<u8> {
        let mut task = *self;
        task.entry_mut().map(|entry| *entry)
    }

    pub(crate) fn entry_mut(&mut self) -> Option<&mut u8> {
        match self {
            Self::Dead | Self::Idle => None,
            Self::Taken { entry }
            | Self::Claimed { entry, .. }
            | Self::Running { entry, .. }
            | Self::Ending { entry, .. }
            | Self::Written { entry, .. }
            | Self::Publishing { entry, .. }
            | Self::Acking { entry }
            | Self::HandingBack { entry, .. }
            | Self::Returning { entry } => Some(entry),
        }
    }

    /// The claim that it remembers.
    pub(crate) fn claim(&self) -> Option<u8> {
        match self {
            Self::Claimed { claim, .. }
            | Self::Running { claim, .. }
            | Self::HandingBack { claim, .. } => Some(*claim),
            Self::Ending { ending, .. }
            | Self::Written { ending, .. }
            | Self::Publishing { ending, .. } => Some(ending.claim),
            _ => None,
        }
    }
}

/// A client's submission, on its way through the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Submit {
    None,
    /// Enqueued before it is stored, where nothing forbids that.
    Early,
    /// Sent to the store.
    Inserted,
    /// The majority has it.
    Committed,
    Enqueued,
    Answered,
    /// The API died; the client knows nothing.
    Lost,
}

/// A client's wish to cancel, on its way through the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cancel {
    None,
    /// Not queued at the first look; to be asked to end.
    Running,
    Done,
    Removing,
    Publishing,
    Requested,
    /// The client was told that what runs will be ended.
    Promised,
    Over,
}

/// A client that waits for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Waiter {
    None,
    /// Registered for a wake-up, to read; or, without that rule, the other way round.
    First,
    Waiting,
    Answered,
}

/// Whoever ends what is past its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Leader {
    None,
    /// It is ended on the primary.
    Ended,
    /// It is out of the queue.
    Removed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// What the primary has.
    pub(crate) primary: Option<Stored>,
    /// What the majority has: what a failover leaves.
    pub(crate) majority: Option<Stored>,
    pub(crate) redis: Redis,
    pub(crate) workers: [Task; 2],
    pub(crate) submits: [Submit; 2],
    pub(crate) cancel: Cancel,
    pub(crate) leader: Leader,
    pub(crate) waiter: Waiter,
    /// The reconciler has found it missing, and is about to enqueue it.
    pub(crate) reconciling: bool,
    /// What somebody has been shown as the result.
    pub(crate) seen: Option<Ending>,
    pub(crate) executions: u8,
    pub(crate) faults: u8,
    /// It was put into the queue, and Redis has lost nothing since.
    pub(crate) entrusted: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            primary: None,
            majority: None,
            redis: Redis::default(),
            workers: [Task::Idle; 2],
            submits: [Submit::None; 2],
            cancel: Cancel::None,
            leader: Leader::None,
            waiter: Waiter::None,
            reconciling: false,
            seen: None,
            executions: 0,
            faults: 0,
            entrusted: false,
        }
    }

    /// A number that no claim has which anybody still remembers.
    pub(crate) fn new_claim(&self) -> u8 {
        let stored = [self.primary, self.majority].into_iter().flatten();
        let endings = stored.clone().filter_map(|stored| stored.ending).chain(self.seen);
        let tasks = self.workers.iter().filter_map(Task::claim);
        unused(stored.map(|stored| stored.claim).chain(endings.map(|e| e.claim)).chain(tasks))
    }

    /// A number that no entry has which anybody still remembers.
    pub(crate) fn new_entry(&self) -> u8 {
        let pending = self.redis.entries.iter().flatten().map(|entry| entry.id);
        unused(pending.chain(self.workers.iter().filter_map(Task::entry)))
    }

    /// The same with the workers' places, and so their names, exchanged.
    pub(crate) fn mirrored(&self) -> Self {
        let mut mirrored = *self;
        mirrored.workers.swap(0, 1);
        for entry in mirrored.redis.entries.iter_mut().flatten().filter(|e| e.owner != GONE) {
            entry.owner = 1 - entry.owner;
        }
        mirrored
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.submits.contains(&Submit::Answered)
    }

    /// The final state that stays, if there is one.
    pub(crate) fn end(&self) -> Option<Stored> {
        self.majority.filter(|stored| stored.life.state.is_final())
    }
}

fn unused(used: impl Iterator<Item = u8>) -> u8 {
    let used = used.fold(1_u64, |used, number| used | 1 << number);
    used.trailing_ones() as u8
}
