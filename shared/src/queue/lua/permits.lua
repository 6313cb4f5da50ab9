-- Permits: what may be in the lanes or run at once.
--
-- A gate lets so many through at a time: that of a user as many as may run at once, that of one of
-- their slots one, and that of a result one, so that the others find it when their turn comes. A
-- submission passes its gates one after the other, always in that order, so that no two wait for each
-- other; where one is shut, it is parked. It has the permit of each gate that it has passed until it is
-- out of the queue, and whoever gives one back lets the oldest through that is parked there.
--
-- `permits` of a gate is a set of ids, `parked` a sorted one, the oldest first. Nothing is counted up or
-- down, so to do a thing twice does no harm. `shut` has the gates where something is parked, `most` how
-- many a user's gate lets through, and the submission that said so: the latest that was known.
--
-- In a Redis that was emptied, nobody knows what runs, until a generation has begun: so long, all
-- gates are shut.
local GENERATION, RESERVED = prefix .. ':generation', prefix .. ':reserved'
local SHUT, MOST = prefix .. ':shut', prefix .. ':most'

local function permits_of(gate) return prefix .. ':permits:' .. gate end

local function parked_at(gate) return prefix .. ':parked:' .. gate end

local function user_gate(place)
    if (tonumber(place.max) or 0) > 0 then
        return 'user:' .. place.tenant .. ':' .. place.user
    end
end

-- The gates of a submission, in the order in which it passes them.
local function gates_of(place)
    local gates = {}
    if place.slot ~= '' then
        gates[1] = table.concat({'slot', place.tenant, place.user, place.slot}, ':')
    end
    gates[#gates + 1] = user_gate(place)
    if place.key ~= '' then
        -- Whoever is in a hurry does not wait for one that is not.
        gates[#gates + 1] = table.concat(
            {'key', place.pool, place.priority, place.tenant, place.key}, ':')
    end
    return gates
end

-- Notes how many its user's gate is to let through, unless a later submission has said so.
local function note_most(id, place)
    local gate = user_gate(place)
    if not gate then return end
    local said = redis.call('HGET', MOST, gate)
    if not said or string.match(said, ' (.*)$') <= id then
        redis.call('HSET', MOST, gate, place.max .. ' ' .. id)
    end
end

-- How many a gate lets through.
local function most(gate)
    local said = redis.call('HGET', MOST, gate)
    return said and tonumber(string.match(said, '^%d+')) or 1
end

local open, make_room

local function park(id, gate)
    redis.call('ZADD', parked_at(gate), 0, id)
    redis.call('SADD', SHUT, gate)
end

-- Brings a submission through its gates from the nth on, as far as it gets.
local function pass(id, place, nth)
    local gate = gates_of(place)[nth]
    if not gate then return join(id, place) end
    if gate == user_gate(place) then
        note_most(id, place)
        make_room(gate)
    end
    if redis.call('SISMEMBER', permits_of(gate), id) == 1 then return pass(id, place, nth + 1) end
    park(id, gate)
    open(gate)
end

-- Lets through as many as may, the oldest first.
open = function(gate)
    local permits, parked = permits_of(gate), parked_at(gate)
    while true do
        local id = redis.call('ZRANGE', parked, 0, 0)[1]
        if not id then
            redis.call('SREM', SHUT, gate)
            if redis.call('EXISTS', permits) == 0 then redis.call('HDEL', MOST, gate) end
            return
        end
        local is_full = redis.call('SCARD', permits) >= most(gate)
        if is_full or redis.call('EXISTS', GENERATION) == 0 then return end
        redis.call('ZREM', parked, id)
        redis.call('SADD', permits, id)
        local place = place_of(id)
        for nth, its in ipairs(gates_of(place)) do
            if its == gate then pass(id, place, nth + 1) end
        end
    end
end

-- Whether a permit is reserved for a submission that is not in the queue yet.
local function is_reserved(id, place)
    return user_gate(place) and redis.call('ZSCORE', RESERVED, id)
end

-- Takes a submission out of where it waits.
local function pull(id, place)
    for _, gate in ipairs(gates_of(place)) do
        if redis.call('ZREM', parked_at(gate), id) == 1 then return open(gate) end
    end
    if not is_reserved(id, place) then return leave(id, place) end
    redis.call('ZREM', RESERVED, id)
end

-- Gives back the permits of some gates; all of them, before anybody else is let through.
local function give_back(id, gates)
    local given = {}
    for _, gate in ipairs(gates) do
        if redis.call('SREM', permits_of(gate), id) == 1 then given[#given + 1] = gate end
    end
    for _, gate in ipairs(given) do open(gate) end
end

-- Forgets a submission that is nowhere any more, and gives back its permits.
local function dismiss(id, place)
    redis.call('HDEL', prefix .. ':places', id)
    count(place, -1)
    give_back(id, gates_of(place))
end

-- Forgets those whose reservation is over: whoever made it has died, or could not store them.
local function lapse()
    local over = redis.call('ZRANGEBYSCORE', RESERVED, '-inf', now_ms(), 'LIMIT', 0, 100)
    for _, id in ipairs(over) do
        redis.call('ZREM', RESERVED, id)
        dismiss(id, place_of(id))
    end
end

-- The latest of those that have passed a gate and are not with a worker.
local function latest_waiting(gate)
    local latest
    for _, id in ipairs(redis.call('SMEMBERS', permits_of(gate))) do
        if not latest or id > latest then
            local place = place_of(id)
            if place.entry == '' and not is_reserved(id, place) then latest = id end
        end
    end
    return latest
end

-- Takes a submission back to a gate of which it has a permit. One for which that was reserved may be
-- parked before it still, and stays there.
local function recall(id, gate)
    local place = place_of(id)
    local behind, is_before = {}, false
    for _, its in ipairs(gates_of(place)) do
        if its == gate or #behind > 0 then
            behind[#behind + 1] = its
        else
            is_before = is_before or redis.call('ZSCORE', parked_at(its), id)
        end
    end
    if not is_before then
        pull(id, place)
        park(id, gate)
    end
    give_back(id, behind)
end

-- Where more have passed than may, those of them that only wait go back, the latest first.
make_room = function(gate)
    while redis.call('SCARD', permits_of(gate)) > most(gate) do
        local latest = latest_waiting(gate)
        if not latest then return end
        recall(latest, gate)
    end
end

-- Gives a submission that is with a worker its permits, whatever the gates say: it does run.
local function hold(id, place)
    note_most(id, place)
    local gates = gates_of(place)
    for _, gate in ipairs(gates) do redis.call('SADD', permits_of(gate), id) end
    for _, gate in ipairs(gates) do make_room(gate) end
end
