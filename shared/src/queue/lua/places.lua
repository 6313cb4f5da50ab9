-- Where submissions are. `places` has of each one its placement (pool, priority, language, tenant;
-- its user, how many of theirs may run at once and what happens to one more; the name of its result;
-- its slot); once it was delivered its entry in its lane's stream, too; and if Redis had lost that and
-- it was restored, the entry by which its worker knows it, or `?` where that is not known.
local prefix = ARGV[1]

-- How many arguments a placement has.
local PLACEMENT = 9

-- The placement that begins at this argument.
local function placement_at(i)
    return {
        pool = ARGV[i], priority = ARGV[i + 1], lang = ARGV[i + 2], tenant = ARGV[i + 3],
        user = ARGV[i + 4], max = ARGV[i + 5], over = ARGV[i + 6], key = ARGV[i + 7],
        slot = ARGV[i + 8]
    }
end

local function stream_of(place)
    return prefix .. ':stream:' .. place.pool .. ':' .. place.lang
end

-- Only a slot's name may have a `:`, and it is the last.
local function place_of(id)
    local text = redis.call('HGET', prefix .. ':places', id)
    if not text then return nil end
    local place = {}
    place.pool, place.priority, place.lang, place.tenant, place.entry, place.was,
        place.user, place.max, place.over, place.key, place.slot = string.match(
            text, '^(.-):(.-):(.-):(.-):(.-):([^:]*):?([^:]*):?([^:]*):?([^:]*):?([^:]*):?(.*)$')
    return place
end

local function text_of(place)
    return table.concat({
        place.pool, place.priority, place.lang, place.tenant, place.entry or '', place.was or '',
        place.user, place.max, place.over, place.key, place.slot
    }, ':')
end

local function record(id, place)
    redis.call('HSET', prefix .. ':places', id, text_of(place))
end

-- Records one that is not known. Whether it was not.
local function record_new(id, place)
    return redis.call('HSETNX', prefix .. ':places', id, text_of(place)) == 1
end

-- Counts those that wait or run: in a pool, and of a tenant in it.
local function count(place, by)
    local counts = prefix .. ':counts:' .. place.pool
    for _, whose in ipairs({'*', place.tenant}) do
        if redis.call('HINCRBY', counts, whose, by) <= 0 then
            redis.call('HDEL', counts, whose)
        end
    end
end

local function now_ms()
    local seconds, micros = unpack(redis.call('TIME'))
    return seconds * 1000 + math.floor(micros / 1000)
end

-- Wakes one of those who wait for something in this lane.
local function ring(pool, lang)
    local bell = prefix .. ':bell:' .. pool .. ':' .. lang
    if redis.call('EXISTS', bell) == 0 then redis.call('LPUSH', bell, 1) end
end
