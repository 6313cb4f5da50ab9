-- Takes one request from each of some rates (GCRA), all of them or none. Of each is kept the time up to
-- which it is used.
--
-- Arguments: prefix; for each rate its name, the time between two requests, and how far ahead of the
-- time it may be used (both in microseconds). Answers 1 if it was taken, else 0; then how far ahead
-- each rate is used now, in microseconds.
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local taken = 1
local used = {}
for i = 2, #ARGV, 3 do
    local until_then = tonumber(redis.call('GET', prefix .. ':rate:' .. ARGV[i]) or 0)
    local ahead = math.max(until_then - now, 0)
    if ahead + ARGV[i + 1] > ARGV[i + 2] + 0 then taken = 0 end
    used[#used + 1] = ahead
end

local answer = {taken}
for nth, ahead in ipairs(used) do
    local i = 3 * nth - 1
    if taken == 1 then
        ahead = ahead + ARGV[i + 1]
        local key = prefix .. ':rate:' .. ARGV[i]
        redis.call('SET', key, string.format('%.3f', now + ahead), 'PX', math.ceil(ahead / 1000) + 1)
    end
    answer[#answer + 1] = math.floor(ahead)
end
return answer
