local text = io.read()
local points = {}
for _, point in utf8.codes(text) do
    table.insert(points, 1, utf8.char(point))
end
print(("Grüße, 世界: %s (%d)"):format(table.concat(points), utf8.len(text)))
