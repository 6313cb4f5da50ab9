//! The Lua scripts: what must happen in Redis as one.

use std::sync::LazyLock;

use redis::Script;

/// Begins the scripts that ask who owns an entry. Nobody does where Redis was emptied: then there
/// is no group either, and that is no error.
const OWNER: &str = r"
    local function owner(stream, group, entry)
        local pending = redis.pcall('XPENDING', stream, group, entry, entry, 1)
        if pending.err or #pending == 0 then return nil end
        return pending[1][2]
    end";

fn with_owner(code: &str) -> Script {
    Script::new(&format!("{OWNER}{code}"))
}

/// Gives a submission an entry, unless it has one.
///
/// Keys: stream, known. Arguments: id. Answers 1 if an entry was made.
pub(super) static ENQUEUE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return 0 end
        redis.call('XADD', KEYS[1], '*', 'id', ARGV[1])
        return 1",
    )
});

/// Takes an entry out of the stream for good, if it is still this consumer's.
///
/// Keys: stream, known. Arguments: group, consumer, entry, id. Answers 1 if it was.
pub(super) static ACK: LazyLock<Script> = LazyLock::new(|| {
    with_owner(
        r"
        if owner(KEYS[1], ARGV[1], ARGV[3]) ~= ARGV[2] then return 0 end
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
        redis.call('XDEL', KEYS[1], ARGV[3])
        redis.call('SREM', KEYS[2], ARGV[4])
        return 1",
    )
});

/// Gives an entry back to the others, if it is still this consumer's: as a new one at the end.
///
/// Keys: stream, known. Arguments: group, consumer, entry, id. Answers 1 if it was.
pub(super) static HAND_BACK: LazyLock<Script> = LazyLock::new(|| {
    with_owner(
        r"
        if owner(KEYS[1], ARGV[1], ARGV[3]) ~= ARGV[2] then return 0 end
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
        redis.call('XDEL', KEYS[1], ARGV[3])
        redis.call('XADD', KEYS[1], '*', 'id', ARGV[4])
        return 1",
    )
});

/// Renews the leases of a consumer's entries.
///
/// Keys: stream. Arguments: group, consumer, entries … Answers the entries that another consumer
/// has by now. An entry that Redis no longer knows (it was emptied) is nobody else's.
pub(super) static HEARTBEAT: LazyLock<Script> = LazyLock::new(|| {
    with_owner(
        r"
        local lost = {}
        for i = 3, #ARGV do
            local present = owner(KEYS[1], ARGV[1], ARGV[i])
            if present == ARGV[2] then
                redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
            elseif present then
                lost[#lost + 1] = ARGV[i]
            end
        end
        return lost",
    )
});

/// Removes consumers that have nothing pending and have not been heard of for a while.
///
/// Keys: stream. Arguments: group, idle time in milliseconds. Answers how many were removed.
pub(super) static FORGET_CONSUMERS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local removed = 0
        for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
            local consumer = {}
            for i = 1, #fields, 2 do consumer[fields[i]] = fields[i + 1] end
            if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
                redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
                removed = removed + 1
            end
        end
        return removed",
    )
});
