-- Puts submissions among those that wait, unless they are known: in the backlog, or at the first of
-- their gates that is shut. One for which a permit was reserved is known by then, and goes on.
--
-- Arguments: prefix; for each id, placement. Answers for each 1 if it has been put there, else 0.
local added = {}
for i = 2, #ARGV, 1 + PLACEMENT do
    local id, place = ARGV[i], placement_at(i + 1)
    local is_added = record_new(id, place)
    if is_added then
        count(place, 1)
    elseif is_reserved(id, place) then
        redis.call('ZREM', RESERVED, id)
        is_added = true
    end
    if is_added then pass(id, place, 1) end
    added[#added + 1] = is_added and 1 or 0
end
return added
