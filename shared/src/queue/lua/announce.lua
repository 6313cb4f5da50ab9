-- Says that a worker is alive, and what it serves.
--
-- Arguments: prefix, worker, how long it counts as alive, how long what it serves counts, and how
-- long that is remembered, each in milliseconds; number of pools, pools …; for each language name,
-- 1 if it is served, and its definition as JSON.
local now = now_ms()
local worker, alive, serves, remembered = ARGV[2], now + ARGV[3], now + ARGV[4], now - ARGV[5]
local last_pool = 6 + tonumber(ARGV[6])

redis.call('ZADD', prefix .. ':workers', alive, worker)
redis.call('ZREMRANGEBYSCORE', prefix .. ':lanes:served', '-inf', remembered)
for i = last_pool + 1, #ARGV, 3 do
    local lang, is_served, definition = ARGV[i], ARGV[i + 1] == '1', ARGV[i + 2]
    redis.call('ZADD', prefix .. ':languages:known', serves, lang)
    if is_served then
        redis.call('ZADD', prefix .. ':languages:served', serves, lang)
        redis.call('HSET', prefix .. ':languages', lang, definition)
        for j = 7, last_pool do
            redis.call('ZADD', prefix .. ':lanes:served', serves, ARGV[j] .. ':' .. lang)
        end
    else
        -- Another worker may serve it, and know its version.
        redis.call('HSETNX', prefix .. ':languages', lang, definition)
    end
end
