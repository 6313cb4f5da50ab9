//! What a seed stands for: the jobs that clients hand in, and what is broken meanwhile.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chance::Chance;

macro_rules! faults {
    ($($(#[doc = $about:literal])+ $name:ident,)+) => {
        /// A way of breaking something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Fault {
            $($(#[doc = $about])+ $name,)+
        }

        impl Fault {
            /// All there are. Neighbours are broken together: those that take long beside each other
            /// take no longer than one.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What it is, for people.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($about),+).trim_ascii(),)+
                }
            }
        }
    };
}

faults! {
    /// A worker is killed (-9) while a program runs.
    WorkerKilledMidRun,
    /// A worker is killed after a program's end, before it has written the outcome.
    WorkerKilledBeforeWrite,
    /// A worker is killed after it has written an outcome, before the wake-up and the acknowledgement.
    WorkerKilledBeforeAck,
    /// A worker cannot reach Redis.
    WorkerCut,
    /// A worker is stopped (SIGSTOP) for longer than a lease, then goes on.
    WorkerPaused,
    /// The worker that leads is stopped for longer than its term, then goes on: two lead for a moment.
    LeaderPaused,
    /// All workers are restarted in turn (SIGTERM).
    WorkersRestarted,
    /// No wake-up is published.
    WakeUpsLost,
    /// A worker's clock is ten minutes wrong.
    WorkerClockWrong,
    /// An API's clock is ten minutes wrong.
    ApiClockWrong,
    /// An API is killed after it has stored a submission, before it has queued it.
    ApiKilledBeforeEnqueue,
    /// An API is killed at any moment.
    ApiKilled,
    /// An API cannot reach Redis.
    ApiCut,
    /// What goes to and from Redis takes longer.
    QueueSlow,
    /// Redis is killed and comes back with its append-only file.
    QueueKilled,
    /// Redis is killed and comes back empty.
    QueueLost,
    /// Redis is emptied (FLUSHALL).
    QueueFlushed,
    /// Redis is stopped (SIGSTOP) for ten seconds.
    QueuePaused,
    /// Redis may use no more memory.
    QueueFull,
    /// Some processes go on with the old Redis, some with a replica that was promoted.
    QueueSplit,
    /// MongoDB's primary is killed.
    PrimaryKilled,
    /// MongoDB's primary is stopped (SIGSTOP), and comes back as if nothing had been.
    PrimaryPaused,
    /// Both secondaries are killed.
    SecondariesKilled,
    /// MongoDB's primary can be reached by nobody, its secondaries included.
    PrimaryCut,
    /// What goes to and from MongoDB takes longer.
    StoreSlow,
    /// The primary's disk is full.
    StoreDiskFull,
    /// Containers are killed from outside.
    SandboxesKilled,
    /// A Docker engine is killed and restarted.
    EngineKilled,
    /// A Docker engine's disk is full.
    EngineDiskFull,
}

impl Fault {
    /// Whether it needs a Docker engine of its own, which takes long to start.
    pub fn needs_engine(self) -> bool {
        matches!(self, Self::EngineKilled | Self::EngineDiskFull)
    }

    /// Whether it can make a submission be executed again.
    pub fn may_repeat(self) -> bool {
        !matches!(
            self,
            Self::WorkersRestarted
                | Self::WakeUpsLost
                | Self::ApiKilled
                | Self::ApiKilledBeforeEnqueue
                | Self::ApiCut
        )
    }

    /// Whether it can make MongoDB forget what a majority had not acknowledged: claims.
    pub fn may_roll_back(self) -> bool {
        matches!(
            self,
            Self::PrimaryKilled
                | Self::PrimaryPaused
                | Self::PrimaryCut
                | Self::SecondariesKilled
                | Self::StoreDiskFull
                | Self::StoreSlow
        )
    }
}

/// What one seed stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// What clients hand in, in the order of time.
    pub jobs: Vec<Job>,
    /// What is broken.
    pub faults: Vec<Planned>,
}

/// One job of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub number: u32,
    /// Since the beginning.
    pub at: Duration,
    /// Whose it is.
    pub tenant: &'static str,
    /// Its priority's word.
    pub priority: &'static str,
    /// Its program's language.
    pub lang: &'static str,
    /// How long its program sleeps.
    pub sleep: Duration,
    /// Whether it has tests.
    pub tests: bool,
    /// Whether the client tries again under one idempotency key until it is answered.
    pub keyed: bool,
    /// Clients that wait for it.
    pub waiters: u32,
    /// When it is withdrawn, since it was accepted.
    pub cancel_after: Option<Duration>,
}

/// A fault, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Which.
    pub fault: Fault,
    /// Since the beginning.
    pub at: Duration,
    /// How long it lasts, where that is a matter of choice.
    pub lasts: Duration,
    /// Which of several things it hits.
    pub target: usize,
}

/// Whose jobs there are. The first hands in most of them.
pub(super) const TENANTS: [&str; 4] = ["heavy", "one", "two", "three"];

const JOBS: u64 = 36;
/// Ten times as many in a moment.
const BURST_JOBS: u64 = 120;
const SPAN_MS: u64 = 6000;

impl Plan {
    /// What a seed stands for. Seeds that follow each other go through all faults in turn, each
    /// with some that chance has chosen.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut jobs: Vec<Job> = (0..JOBS).map(|_| job(&mut chance, 0..SPAN_MS)).collect();
        if seed.is_multiple_of(5) {
            let at = chance.within(500..SPAN_MS / 2);
            jobs.extend((0..BURST_JOBS).map(|_| Job {
                sleep: Duration::ZERO,
                tenant: TENANTS[0],
                ..job(&mut chance, at..at + 300)
            }));
        }
        jobs.sort_by_key(|job| job.at);
        for (number, job) in (0..).zip(&mut jobs) {
            job.number = number;
        }
        Self { seed, jobs, faults: faults(seed, &mut chance) }
    }
}

fn job(chance: &mut Chance, at: std::ops::Range<u64>) -> Job {
    let heavy = chance.once_in(2);
    let light = *chance.one_of(&TENANTS[1..]);
    let priority = *chance.one_of(&["normal", "normal", "normal", "high", "low"]);
    Job {
        number: 0,
        at: chance.millis(at),
        tenant: if heavy { TENANTS[0] } else { light },
        priority,
        lang: if chance.once_in(4) { "python" } else { "bash" },
        sleep: if chance.once_in(3) { chance.millis(200..2500) } else { Duration::ZERO },
        tests: chance.once_in(6),
        keyed: chance.once_in(2),
        waiters: u32::try_from(chance.within(1..3)).unwrap_or(1),
        cancel_after: chance.once_in(8).then(|| chance.millis(0..3000)),
    }
}

fn faults(seed: u64, chance: &mut Chance) -> Vec<Planned> {
    let all = Fault::ALL;
    let turn = usize::try_from(seed.wrapping_mul(2) % all.len() as u64).unwrap_or(0);
    let mut chosen = vec![all[turn], all[(turn + 1) % all.len()]];
    // What is slow to start is hit in its turn only.
    let quick: Vec<Fault> = all.iter().copied().filter(|fault| !fault.needs_engine()).collect();
    chosen.extend((0..chance.within(0..2)).map(|_| *chance.one_of(&quick)));
    chosen
        .into_iter()
        .map(|fault| Planned {
            fault,
            at: chance.millis(500..4000),
            lasts: chance.millis(500..5000),
            target: usize::try_from(chance.within(0..1000)).unwrap_or(0),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_always_stands_for_the_same_and_twenty_seeds_break_everything() {
        assert_eq!(Plan::of(7), Plan::of(7));
        assert_ne!(Plan::of(7).jobs, Plan::of(8).jobs);
        let broken: BTreeSet<Fault> =
            (1..=20).flat_map(|seed| Plan::of(seed).faults).map(|planned| planned.fault).collect();
        assert_eq!(broken.len(), Fault::ALL.len());
    }
}
