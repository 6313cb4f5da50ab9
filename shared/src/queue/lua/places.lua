-- Where submissions are. `places` has of each one pool, priority, language and tenant; once it was
-- delivered its entry in its lane's stream, too; and if Redis had lost that and it was restored,
-- the entry by which its worker knows it.
local prefix = ARGV[1]

local function stream_of(place)
    return prefix .. ':stream:' .. place.pool .. ':' .. place.lang
end

local function place_of(id)
    local text = redis.call('HGET', prefix .. ':places', id)
    if not text then return nil end
    local place = {}
    place.pool, place.priority, place.lang, place.tenant, place.entry, place.was =
        string.match(text, '^(.-):(.-):(.-):(.-):(.-):(.-)$')
    return place
end

local function record(id, place)
    local text = table.concat({
        place.pool, place.priority, place.lang, place.tenant, place.entry or '', place.was or ''
    }, ':')
    redis.call('HSET', prefix .. ':places', id, text)
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

local function forget(id, place)
    redis.call('HDEL', prefix .. ':places', id)
    count(place, -1)
end

-- Wakes one of those who wait for something in this lane.
local function ring(pool, lang)
    local bell = prefix .. ':bell:' .. pool .. ':' .. lang
    if redis.call('EXISTS', bell) == 0 then redis.call('LPUSH', bell, 1) end
end
