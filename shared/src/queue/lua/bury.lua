-- Forgets a submission that a consumer holds, and puts it on the list of dead letters.
--
-- Arguments: prefix, consumer, id, entry, reason, length of the list at most. Answers 1 if it held
-- it.
local id = ARGV[3]
local place = held(id, ARGV[4], ARGV[2])
if not place then return 0 end
strike(stream_of(place), place.entry)
dismiss(id, place)
redis.call(
    'XADD', prefix .. ':dead', 'MAXLEN', ARGV[6], '*', 'id', id, 'lang', place.lang,
    'tenant', place.tenant, 'pool', place.pool, 'priority', place.priority, 'reason', ARGV[5])
return 1
