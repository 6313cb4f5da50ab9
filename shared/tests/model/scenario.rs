//! What may happen in one walk through the model.

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A worker dies; another starts in its place.
    WorkerDies,
    /// The API dies with all requests that it has.
    ApiDies,
    /// Redis is empty, or back at an earlier moment.
    RedisForgets,
    /// The primary dies, with all that no other member has yet.
    Failover,
    /// A worker is away for longer than its lease.
    Pause,
    /// A message or its answer is lost.
    Loss,
    /// A worker cannot, or may not, go on with an execution.
    Engine,
}

use Fault::*;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Faults at most, of these kinds, in any mixture and order.
    pub(crate) faults: u8,
    pub(crate) kinds: &'static [Fault],
    /// A client submits twice under one key.
    pub(crate) repeats: bool,
    pub(crate) cancels: bool,
    pub(crate) expires: bool,
    pub(crate) waits: bool,
    /// Both places are of one worker, which has one name.
    pub(crate) one_worker: bool,
    /// There are reconciler and second read.
    pub(crate) nets: bool,
    /// The most executions that may come of it.
    pub(crate) executions: u8,
}

const PLAIN: Scenario = Scenario {
    name: "",
    faults: 2,
    kinds: &[WorkerDies, ApiDies, RedisForgets, Failover, Pause, Loss, Engine],
    repeats: false,
    cancels: false,
    expires: false,
    waits: false,
    one_worker: false,
    nets: true,
    executions: u8::MAX,
};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "no fault, and no net",
        faults: 0,
        repeats: true,
        cancels: true,
        expires: true,
        waits: true,
        nets: false,
        executions: 1,
        ..PLAIN
    },
    Scenario { name: "one worker with two places", one_worker: true, ..PLAIN },
    Scenario {
        name: "workers die again and again",
        faults: 5,
        kinds: &[WorkerDies],
        executions: 3,
        ..PLAIN
    },
    Scenario { name: "one fault, two submits", faults: 1, repeats: true, waits: true, ..PLAIN },
    Scenario {
        name: "one fault, cancel and deadline",
        faults: 1,
        cancels: true,
        expires: true,
        waits: true,
        ..PLAIN
    },
    Scenario { name: "two faults, waiting", waits: true, ..PLAIN },
    Scenario { name: "two faults, deadline", expires: true, ..PLAIN },
    Scenario { name: "two faults, cancel", cancels: true, ..PLAIN },
    Scenario {
        name: "three faults of workers and primary",
        faults: 3,
        kinds: &[WorkerDies, Failover, Pause],
        ..PLAIN
    },
];
