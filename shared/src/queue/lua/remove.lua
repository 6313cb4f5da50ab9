-- Forgets a submission that waits, in the backlog or at a gate, or for which a permit is reserved. One
-- that was delivered is left alone.
--
-- Arguments: prefix, id. Answers 1 if it waited.
local id = ARGV[2]
local place = place_of(id)
if not place or place.entry ~= '' then return 0 end
pull(id, place)
dismiss(id, place)
return 1
