-- Delivers the submission whose turn it is, of those in some pools and languages.
--
-- A pool's virtual time goes on with each submission served. A priority's tag says when it is its
-- turn, and each one served puts that off, by the more the less urgent it is: so all priorities
-- that wait have their share. Among a priority's tenants it is the same, at equal shares. Whoever
-- is served pays from the present time on, however early the turn was.
--
-- Arguments: prefix, consumer, number of pools, pools …, languages … Answers a delivery, or nothing.
local PRIORITIES = {'high', 'normal', 'low'}
local COSTS = {high = 1, normal = 4, low = 16}

local consumer = ARGV[2]
local last_pool = 3 + tonumber(ARGV[3])
local is_served = {}
for i = last_pool + 1, #ARGV do is_served[ARGV[i]] = true end

-- The priority whose turn it is among these, when it was, and the pool's clock.
local function choose_priority(clock, langs)
    local now = tonumber(redis.call('HGET', clock, 'now') or 0)
    local chosen, start
    for _, priority in ipairs(PRIORITIES) do
        if langs[priority] then
            local tag = math.max(tonumber(redis.call('HGET', clock, priority) or 0), now)
            if not chosen or tag < start then chosen, start = priority, tag end
        end
    end
    return chosen, start
end

-- The tenant whose turn it is in these languages, and its tag.
local function choose_tenant(pool, priority, langs)
    local chosen, start
    for _, lang in ipairs(langs) do
        local first = redis.call('ZRANGE', tenants_key(pool, priority, lang), 0, 0, 'WITHSCORES')
        local tenant, tag = first[1], tonumber(first[2])
        if not chosen or tag < start or (tag == start and tenant < chosen) then
            chosen, start = tenant, tag
        end
    end
    return chosen, start
end

-- The oldest of a tenant's submissions in these languages, and its place.
local function choose_submission(pool, priority, langs, tenant)
    local chosen
    for _, lang in ipairs(langs) do
        local place = {pool = pool, priority = priority, lang = lang, tenant = tenant}
        local id = redis.call('ZRANGE', waiting_key(place), 0, 0)[1]
        if id and (not chosen or id < chosen) then chosen = id end
    end
    return chosen, place_of(chosen)
end

local function take(pool)
    local langs = {}
    for _, lane in ipairs(lanes_of(pool)) do
        local priority, lang = lane[1], lane[2]
        if is_served[lang] then
            langs[priority] = langs[priority] or {}
            table.insert(langs[priority], lang)
        end
    end
    if not next(langs) then return nil end

    local clock = prefix .. ':clock:' .. pool
    local priority, turn = choose_priority(clock, langs)
    local tenant, tag = choose_tenant(pool, priority, langs[priority])
    local id, place = choose_submission(pool, priority, langs[priority], tenant)
    local now = math.max(tag, tonumber(redis.call('HGET', clock, 'now:' .. priority) or 0))
    leave(id, place)
    set_tag(pool, priority, tenant, now + 1)
    redis.call(
        'HSET', clock, 'now', turn, priority, turn + COSTS[priority], 'now:' .. priority, now)
    -- To rest until a time that is past is no different from being new.
    redis.call('ZREMRANGEBYSCORE', resting_key(pool, priority), '-inf', now)
    deliver(id, place, consumer)
    -- Whoever was woken for this may have been one of many who wait, and this one of many that do.
    for _, lane in ipairs(lanes_of(pool)) do ring(pool, lane[2]) end
    return delivery(id, place)
end

for i = 4, last_pool do
    local taken = take(ARGV[i])
    if taken then return taken end
end
return false
