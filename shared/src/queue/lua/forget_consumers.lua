-- Removes consumers that have nothing pending and have not been heard of for a while.
--
-- Arguments: prefix, idle time in milliseconds, streams … Answers how many were removed.
local removed = 0
for i = 3, #ARGV do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', ARGV[i], GROUP)
    for _, fields in ipairs(consumers.err and {} or consumers) do
        local consumer = {}
        for j = 1, #fields, 2 do consumer[fields[j]] = fields[j + 1] end
        if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
            redis.call('XGROUP', 'DELCONSUMER', ARGV[i], GROUP, consumer.name)
            removed = removed + 1
        end
    end
end
return removed
