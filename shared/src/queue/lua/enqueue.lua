-- Puts submissions among those that wait, unless they are known.
--
-- Arguments: prefix; for each id, pool, priority, language, tenant. Answers for each 1 if it was not
-- known, else 0.
local added = {}
for i = 2, #ARGV, 5 do
    local id = ARGV[i]
    local is_new = redis.call('HEXISTS', prefix .. ':places', id) == 0
    if is_new then
        local place = {
            pool = ARGV[i + 1], priority = ARGV[i + 2], lang = ARGV[i + 3], tenant = ARGV[i + 4]
        }
        record(id, place)
        count(place, 1)
        join(id, place)
    end
    added[#added + 1] = is_new and 1 or 0
end
return added
