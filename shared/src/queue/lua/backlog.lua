-- The fair backlog: what waits, and whose turn it is.
--
-- For each pool, priority, language and tenant a sorted set of ids, the oldest first. Beside it,
-- for each pool, priority and language, those tenants by their tag: the virtual time at which it is
-- their turn. A tenant has one tag in a pool and priority, whatever languages it uses, and keeps it
-- while it rests, lest it gain by coming and going.

local function waiting_key(place)
    return table.concat(
        {prefix, 'waiting', place.pool, place.priority, place.lang, place.tenant}, ':')
end

local function tenants_key(pool, priority, lang)
    return table.concat({prefix, 'tenants', pool, priority, lang}, ':')
end

local function resting_key(pool, priority)
    return table.concat({prefix, 'resting', pool, priority}, ':')
end

-- The priorities and languages in which something waits in a pool: a list of pairs.
local function lanes_of(pool)
    local lanes = {}
    for _, lane in ipairs(redis.call('SMEMBERS', prefix .. ':lanes:' .. pool)) do
        lanes[#lanes + 1] = {string.match(lane, '^(.-):(.*)$')}
    end
    return lanes
end

-- The tag of a tenant that has nothing in its place's language yet: its own, or that of whoever was
-- served last. Whoever was away has no credit.
local function tag_of(place)
    for _, lane in ipairs(lanes_of(place.pool)) do
        if lane[1] == place.priority then
            local tenants = tenants_key(place.pool, place.priority, lane[2])
            local tag = redis.call('ZSCORE', tenants, place.tenant)
            if tag then return tag end
        end
    end
    local now = redis.call('HGET', prefix .. ':clock:' .. place.pool, 'now:' .. place.priority)
    local resting = resting_key(place.pool, place.priority)
    local tag = redis.call('ZSCORE', resting, place.tenant)
    if not tag then return now or 0 end
    redis.call('ZREM', resting, place.tenant)
    return math.max(tonumber(tag), tonumber(now or 0))
end

-- Puts a submission among those that wait.
local function join(id, place)
    redis.call('ZADD', waiting_key(place), 0, id)
    local tenants = tenants_key(place.pool, place.priority, place.lang)
    if not redis.call('ZSCORE', tenants, place.tenant) then
        redis.call('ZADD', tenants, tag_of(place), place.tenant)
        redis.call('SADD', prefix .. ':lanes:' .. place.pool, place.priority .. ':' .. place.lang)
    end
    ring(place.pool, place.lang)
end

-- Takes a submission out of those that wait.
local function leave(id, place)
    local waiting = waiting_key(place)
    redis.call('ZREM', waiting, id)
    if redis.call('EXISTS', waiting) == 1 then return end
    local tenants = tenants_key(place.pool, place.priority, place.lang)
    local tag = redis.call('ZSCORE', tenants, place.tenant)
    redis.call('ZREM', tenants, place.tenant)
    if redis.call('EXISTS', tenants) == 0 then
        redis.call('SREM', prefix .. ':lanes:' .. place.pool, place.priority .. ':' .. place.lang)
    end
    -- If it waits in another language still, its tag is there, and this one is never looked at.
    redis.call('ZADD', resting_key(place.pool, place.priority), tag, place.tenant)
end

-- Sets a tenant's tag, wherever it is.
local function set_tag(pool, priority, tenant, tag)
    for _, lane in ipairs(lanes_of(pool)) do
        if lane[1] == priority then
            redis.call('ZADD', tenants_key(pool, priority, lane[2]), 'XX', tag, tenant)
        end
    end
    redis.call('ZADD', resting_key(pool, priority), 'XX', tag, tenant)
end
