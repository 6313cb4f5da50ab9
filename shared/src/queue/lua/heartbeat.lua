-- Renews the leases of what a consumer executes. What Redis has lost is restored: as an entry that
-- this consumer holds, for it does execute it.
--
-- Arguments: prefix, consumer; for each submission id, entry, placement.
-- Answers, by number from 0, what another consumer has by now, and what was restored.
local consumer = ARGV[2]
local lost, restored = {}, {}
for i = 3, #ARGV, 2 + PLACEMENT do
    local id, entry, number = ARGV[i], ARGV[i + 1], (i - 3) / (2 + PLACEMENT)
    local place = place_of(id)
    local is_known = place and is_known_by(place, entry)
    local present = is_known and owner(stream_of(place), place.entry)
    if present == consumer then
        redis.call('XCLAIM', stream_of(place), GROUP, consumer, 0, place.entry, 'JUSTID')
    elseif present or (place and place.entry ~= '' and not is_known) then
        lost[#lost + 1] = number
    else
        if not place then
            place = placement_at(i + 2)
            count(place, 1)
        elseif place.entry == '' then
            -- It was queued anew from the store, before its worker could say a word.
            pull(id, place)
        end
        place.was = entry
        deliver(id, place, consumer)
        hold(id, place)
        restored[#restored + 1] = number
    end
end
return {lost, restored}
