-- Reserves a permit of its user for a submission that is about to be stored, if the user has one left.
-- From then on it counts as any other; if it is not put into the queue in time, it is forgotten.
--
-- Arguments: prefix, for how many milliseconds, id, placement; ids that do not count … Answers no ids
-- if it did, else some of those that have the permits or wait for one; nothing where Redis was
-- emptied, for then nobody knows.
local id, place = ARGV[3], placement_at(4)
if redis.call('EXISTS', GENERATION) == 0 then return false end
lapse()
-- Who has not heard the answer asks once more.
if redis.call('HEXISTS', prefix .. ':places', id) == 1 then return {} end
local gate = user_gate(place)
local counted, ignored = {}, {}
for i = 4 + PLACEMENT, #ARGV do ignored[ARGV[i]] = true end
local function look(ids)
    for _, other in ipairs(ids) do
        if not ignored[other] then counted[#counted + 1] = other end
    end
end
look(redis.call('SMEMBERS', permits_of(gate)))
-- Beyond that many, it makes no difference how many more there are.
look(redis.call('ZRANGE', parked_at(gate), 0, #ARGV + tonumber(place.max)))
if #counted >= tonumber(place.max) then return counted end
record(id, place)
count(place, 1)
note_most(id, place)
redis.call('ZADD', RESERVED, now_ms() + ARGV[2], id)
redis.call('SADD', permits_of(gate), id)
-- It may have brought a higher number.
open(gate)
return {}
