-- Entries of the lanes' streams: each is a submission that a worker has, and whoever it is pending
-- for holds the lease. Nothing is in a stream that was not delivered.
local GROUP = 'workers'

-- Who has an entry. Nobody where Redis was emptied: then there is no group either, and that is no
-- error.
local function owner(stream, entry)
    local pending = redis.pcall('XPENDING', stream, GROUP, entry, entry, 1)
    if pending.err or #pending == 0 then return nil end
    return pending[1][2]
end

-- Takes an entry out of its stream for good.
local function strike(stream, entry)
    redis.call('XACK', stream, GROUP, entry)
    redis.call('XDEL', stream, entry)
end

-- Gives a submission an entry, and that to a consumer.
local function deliver(id, place, consumer)
    local stream = stream_of(place)
    place.entry = redis.call('XADD', stream, '*', 'id', id)
    record(id, place)
    while true do
        local reply = redis.pcall(
            'XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', 1, 'STREAMS', stream, '>')
        if reply and reply.err then
            -- Redis was emptied, or this is the first submission of this lane ever.
            redis.call('XGROUP', 'CREATE', stream, GROUP, '0')
        else
            local entry = reply[1][2][1][1]
            if entry == place.entry then return end
            -- It is not Airlock's, for then it would have been delivered.
            strike(stream, entry)
        end
    end
end

-- Whether its worker may know it by this entry.
local function is_known_by(place, entry)
    return place.entry == entry or place.was == entry or place.was == '?'
end

-- The place of a submission that this consumer holds, by the entry that it was given; with the entry
-- that stands for it now. Nothing if it does not hold it.
local function held(id, entry, consumer)
    local place = place_of(id)
    if not place or not is_known_by(place, entry) then return nil end
    if owner(stream_of(place), place.entry) ~= consumer then return nil end
    return place
end

-- What a consumer is told of what it got.
local function delivery(id, place)
    return {
        id, place.entry, {
            place.pool, place.priority, place.lang, place.tenant, place.user, place.max, place.over,
            place.key, place.slot
        }
    }
end
