-- Puts a submission that a consumer holds back among those that wait: by its age, so before what
-- came later. It keeps its permits, unless there are too many. What its tenant has paid for it is
-- paid back.
--
-- Arguments: prefix, consumer, id, entry. Answers 1 if it held it.
local id = ARGV[3]
local place = held(id, ARGV[4], ARGV[2])
if not place then return 0 end
strike(stream_of(place), place.entry)
place.entry, place.was = nil, nil
record(id, place)
join(id, place)
local tag = redis.call(
    'ZSCORE', tenants_key(place.pool, place.priority, place.lang), place.tenant)
set_tag(place.pool, place.priority, place.tenant, tag - 1)
for _, gate in ipairs(gates_of(place)) do make_room(gate) end
return 1
