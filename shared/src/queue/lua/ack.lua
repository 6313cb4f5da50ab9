-- Forgets a submission that a consumer holds, and gives back its permits.
--
-- Arguments: prefix, consumer, id, entry. Answers 1 if it held it.
local id = ARGV[3]
local place = held(id, ARGV[4], ARGV[2])
if not place then return 0 end
strike(stream_of(place), place.entry)
dismiss(id, place)
return 1
