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

/// Begins the scripts that put entries into streams.
const PUT: &str = r"
    local function put(stream, lanes, bell, lang, id)
        local entry = redis.call('XADD', stream, '*', 'id', id)
        redis.call('ZADD', lanes, 'NX', string.match(entry, '%d+'), lang)
        if redis.call('EXISTS', bell) == 0 then redis.call('LPUSH', bell, 1) end
    end";

/// Gives a submission an entry, unless it has one.
///
/// Keys: known, stream, lanes, bell. Arguments: language, id. Answers 1 if an entry was made.
pub(super) static ENQUEUE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        r"{PUT}
        if redis.call('SADD', KEYS[1], ARGV[2]) == 0 then return 0 end
        put(KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2])
        return 1",
    ))
});

/// Delivers the entry that waits for longest in any of some languages' streams.
///
/// Keys: lanes. Arguments: group, consumer, what the streams' names begin with, languages …
/// Answers language, entry and fields, or nothing.
pub(super) static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local group, consumer, streams = ARGV[1], ARGV[2], ARGV[3]
        local mine = {}
        for i = 4, #ARGV do mine[ARGV[i]] = true end
        local function read(stream)
            return redis.pcall(
                'XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', stream, '>')
        end
        for _, lang in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            if mine[lang] then
                local stream = streams .. lang
                local reply = read(stream)
                if reply and reply.err then
                    -- Redis was emptied, or this is the language's first submission ever.
                    redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
                    reply = read(stream)
                end
                local entry = reply and reply[1][2][1]
                local after = entry and '(' .. entry[1] or '+'
                local next = redis.call('XRANGE', stream, after, '+', 'COUNT', 1)[1]
                if entry and next then
                    redis.call('ZADD', KEYS[1], string.match(next[1], '%d+'), lang)
                else
                    redis.call('ZREM', KEYS[1], lang)
                end
                if entry then return {lang, entry[1], entry[2]} end
            end
        end
        return false",
    )
});

/// Takes over one entry whose owner has been silent for a lease.
///
/// Arguments: group, consumer, what the streams' names begin with, the lease in milliseconds,
/// languages … Answers language, entry and fields, or nothing.
pub(super) static RECLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local group, consumer, streams, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
        for i = 5, #ARGV do
            local stream = streams .. ARGV[i]
            while true do
                local idle = redis.pcall('XPENDING', stream, group, 'IDLE', lease, '-', '+', 1)
                if idle.err or #idle == 0 then break end
                -- An entry that was deleted is only struck off, and the next one may be there.
                local claimed = redis.call('XCLAIM', stream, group, consumer, lease, idle[1][1])
                if #claimed > 0 then return {ARGV[i], claimed[1][1], claimed[1][2]} end
            end
        end
        return false",
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
/// Keys: stream, known, lanes, bell. Arguments: group, consumer, entry, id, language. Answers 1 if
/// it was.
pub(super) static HAND_BACK: LazyLock<Script> = LazyLock::new(|| {
    with_owner(&format!(
        r"{PUT}
        if owner(KEYS[1], ARGV[1], ARGV[3]) ~= ARGV[2] then return 0 end
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
        redis.call('XDEL', KEYS[1], ARGV[3])
        put(KEYS[1], KEYS[3], KEYS[4], ARGV[5], ARGV[4])
        return 1",
    ))
});

/// Renews the leases of a consumer's entries.
///
/// Arguments: group, consumer, and for each entry its stream and itself. Answers which of them, by
/// number from 0, another consumer has by now. An entry that Redis no longer knows (it was emptied)
/// is nobody else's.
pub(super) static HEARTBEAT: LazyLock<Script> = LazyLock::new(|| {
    with_owner(
        r"
        local group, consumer = ARGV[1], ARGV[2]
        local lost = {}
        for i = 3, #ARGV, 2 do
            local stream, entry = ARGV[i], ARGV[i + 1]
            local present = owner(stream, group, entry)
            if present == consumer then
                redis.call('XCLAIM', stream, group, consumer, 0, entry, 'JUSTID')
            elseif present then
                lost[#lost + 1] = (i - 3) / 2
            end
        end
        return lost",
    )
});

/// Removes consumers that have nothing pending and have not been heard of for a while.
///
/// Arguments: group, idle time in milliseconds, streams … Answers how many were removed.
pub(super) static FORGET_CONSUMERS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local removed = 0
        for i = 3, #ARGV do
            local consumers = redis.pcall('XINFO', 'CONSUMERS', ARGV[i], ARGV[1])
            for _, fields in ipairs(consumers.err and {} or consumers) do
                local consumer = {}
                for j = 1, #fields, 2 do consumer[fields[j]] = fields[j + 1] end
                if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
                    redis.call('XGROUP', 'DELCONSUMER', ARGV[i], ARGV[1], consumer.name)
                    removed = removed + 1
                end
            end
        end
        return removed",
    )
});
