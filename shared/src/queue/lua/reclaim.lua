-- Takes over one entry whose owner has been silent for a lease.
--
-- Arguments: prefix, consumer, the lease in milliseconds, number of pools, pools …, languages …
-- Answers a delivery, or nothing.
local consumer, lease = ARGV[2], ARGV[3]
local last_pool = 4 + tonumber(ARGV[4])

local function reclaim(stream)
    while true do
        local idle = redis.pcall('XPENDING', stream, GROUP, 'IDLE', lease, '-', '+', 1)
        if idle.err or #idle == 0 then return nil end
        -- An entry that was deleted is only struck off.
        local claimed = redis.call('XCLAIM', stream, GROUP, consumer, lease, idle[1][1])[1]
        if claimed then
            local entry, id = claimed[1], claimed[2][2]
            local place = place_of(id)
            if place and place.entry == entry then return delivery(id, place) end
            -- It stands for no submission, or another one does.
            strike(stream, entry)
        end
    end
end

for i = 5, last_pool do
    for j = last_pool + 1, #ARGV do
        local reclaimed = reclaim(stream_of({pool = ARGV[i], lang = ARGV[j]}))
        if reclaimed then return reclaimed end
    end
end
return false
