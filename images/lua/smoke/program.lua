-- A stack machine with a compiler for it, classes made of metatables, coroutines, and patterns.

-- Arithmetic becomes instructions (by operator precedence), and these are run.
local precedence = { ["+"] = 1, ["-"] = 1, ["*"] = 2, ["/"] = 2, ["^"] = 3 }

local function tokens(text)
    return coroutine.wrap(function()
        for space, number, other in text:gmatch("(%s*)(%d*%.?%d*)(%S?)") do
            if number ~= "" then coroutine.yield("number", tonumber(number)) end
            if other ~= "" then coroutine.yield("symbol", other) end
        end
        coroutine.yield("end")
    end)
end

local function compile(text)
    local next_token = tokens(text)
    local kind, value = next_token()
    local code = {}

    local function advance() kind, value = next_token() end
    local expression

    local function operand()
        if kind == "number" then
            code[#code + 1] = { "push", value }
            advance()
        elseif value == "(" then
            advance()
            expression(1)
            if value ~= ")" then error({ reason = "missing )" }) end
            advance()
        else
            error({ reason = "unexpected " .. tostring(value or kind) })
        end
    end

    function expression(least)
        operand()
        while kind == "symbol" and (precedence[value] or 0) >= least do
            local operator = value
            advance()
            expression(precedence[operator] + (operator == "^" and 0 or 1))
            code[#code + 1] = { operator }
        end
    end

    expression(1)
    if kind ~= "end" then error({ reason = "unexpected " .. value }) end
    return code
end

local operations = {
    ["+"] = function(a, b) return a + b end,
    ["-"] = function(a, b) return a - b end,
    ["*"] = function(a, b) return a * b end,
    ["/"] = function(a, b) return a / b end,
    ["^"] = function(a, b) return a ^ b end,
}

local function run(code)
    local stack = {}
    for _, instruction in ipairs(code) do
        local name, argument = table.unpack(instruction)
        if name == "push" then
            table.insert(stack, argument)
        else
            local b, a = table.remove(stack), table.remove(stack)
            table.insert(stack, operations[name](a, b))
        end
    end
    return stack[1], #code
end

for line in io.lines() do
    local fine, result, steps = pcall(function() return run(compile(line)) end)
    if fine then
        print(("%-22s = %s (%d instructions)"):format(line, result, steps))
    else
        print(("%-22s ! %s"):format(line, result.reason or result))
    end
end

-- Vectors with operators, and a class that inherits.
local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return Vector.new(a.x + b.x, a.y + b.y) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__tostring = function(v) return ("(%g, %g)"):format(v.x, v.y) end
function Vector.new(x, y) return setmetatable({ x = x, y = y }, Vector) end
print(Vector.new(1, 2) + Vector.new(3, 0.5), Vector.new(1, 1) == Vector.new(1, 1))

local Animal = {}
Animal.__index = Animal
function Animal.new(class, name) return setmetatable({ name = name }, class) end
function Animal:speak() return self.name .. " says " .. self:sound() end
local Cat = setmetatable({ sound = function() return "meow" end }, Animal)
Cat.__index = Cat
print(Cat:new("Tom"):speak())

-- Permutations, one at a time.
local function permutations(list)
    local function generate(n)
        if n == 1 then return coroutine.yield(table.concat(list)) end
        for i = 1, n do
            list[i], list[n] = list[n], list[i]
            generate(n - 1)
            list[i], list[n] = list[n], list[i]
        end
    end
    return coroutine.wrap(function() generate(#list) end)
end

local all = {}
for permutation in permutations({ "a", "b", "c" }) do all[#all + 1] = permutation end
table.sort(all)
print(table.concat(all, " "))
print(7 // 2, 7.0 // 2, 7 % -3, 1 << 40, 2 ^ 53 | 0, math.maxinteger + 1 == math.mininteger)
print(("the cat sat on the mat"):gsub("%f[%a](%a)(%a*)", function(a, b) return a:upper() .. b end))
goto done
print("never")
::done::
