-- Puts what runs back into an emptied queue, as held by whoever claimed it: before anything else gets
-- the permits that it has. If that worker is gone, its lease ends as any other does.
--
-- Arguments: prefix; for each id, worker, placement. Answers how many were not known.
local restored = 0
for i = 2, #ARGV, 2 + PLACEMENT do
    local id, worker = ARGV[i], ARGV[i + 1]
    if redis.call('HEXISTS', prefix .. ':places', id) == 0 then
        local place = placement_at(i + 2)
        place.was = '?'
        count(place, 1)
        deliver(id, place, worker)
        hold(id, place)
        restored = restored + 1
    end
end
return restored
