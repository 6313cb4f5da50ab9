//! The Lua scripts: what must happen in Redis as one. Each is a file in `lua/`, which tells its
//! arguments and its answer.
//!
//! A script that lets go of something, or holds on to it, is carried out even when Redis has no
//! memory left to give: otherwise a full Redis could never become emptier.

use std::sync::LazyLock;

use redis::Script;

/// What a script begins with when Redis may refuse it for want of memory.
const ORDINARY: &str = "#!lua\n";

/// What a script begins with that is needed for Redis to become emptier.
const ALWAYS: &str = "#!lua flags=allow-oom\n";

const PLACES: &str = include_str!("lua/places.lua");
const BACKLOG: &str = include_str!("lua/backlog.lua");
const PERMITS: &str = include_str!("lua/permits.lua");
const ENTRIES: &str = include_str!("lua/entries.lua");

macro_rules! script {
    ($name:ident = $file:literal, $($part:expr),+) => {
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(&[$($part,)+ include_str!(concat!("lua/", $file))].concat())
        });
    };
}

script!(RESERVE = "reserve.lua", ORDINARY, PLACES, BACKLOG, PERMITS);
script!(ENQUEUE = "enqueue.lua", ORDINARY, PLACES, BACKLOG, PERMITS);
script!(REMOVE = "remove.lua", ALWAYS, PLACES, BACKLOG, PERMITS);
script!(TAKE = "take.lua", ALWAYS, PLACES, BACKLOG, ENTRIES);
script!(RECLAIM = "reclaim.lua", ALWAYS, PLACES, ENTRIES);
script!(HEARTBEAT = "heartbeat.lua", ALWAYS, PLACES, BACKLOG, PERMITS, ENTRIES);
script!(RESTORE = "restore.lua", ALWAYS, PLACES, BACKLOG, PERMITS, ENTRIES);
script!(OPEN_GATES = "open_gates.lua", ALWAYS, PLACES, BACKLOG, PERMITS);
script!(ACK = "ack.lua", ALWAYS, PLACES, BACKLOG, PERMITS, ENTRIES);
script!(HAND_BACK = "hand_back.lua", ALWAYS, PLACES, BACKLOG, PERMITS, ENTRIES);
script!(BURY = "bury.lua", ALWAYS, PLACES, BACKLOG, PERMITS, ENTRIES);
script!(FORGET_CONSUMERS = "forget_consumers.lua", ALWAYS, PLACES, ENTRIES);

/// Not of the queue itself: see [`crate::rate`].
pub(crate) static RATE: LazyLock<Script> =
    LazyLock::new(|| Script::new(&[ORDINARY, include_str!("lua/rate.lua")].concat()));

/// Not of the queue itself: see [`crate::workers`].
pub(crate) static ANNOUNCE: LazyLock<Script> =
    LazyLock::new(|| Script::new(&[ALWAYS, PLACES, include_str!("lua/announce.lua")].concat()));
