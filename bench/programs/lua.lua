-- Strings, tables, closures, patterns, classes and coroutines, as scripts of devices have them.
--
-- SPDX-License-Identifier: MIT

-- Words of a text, counted and sorted.
local text = string.rep("the pump stops when the tank is full and the valve of the tank is open ", 12)
local counts = {}
for word in text:gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)
for i = 1, 3 do print(words[i], counts[words[i]]) end

-- Readings as records; the older ones go.
local Sensor = {}
Sensor.__index = Sensor
function Sensor.new(name, keep) return setmetatable({name = name, keep = keep, readings = {}}, Sensor) end
function Sensor:read(time, value)
  table.insert(self.readings, {time = time, value = value, note = string.format("%s@%d", self.name, time)})
  if #self.readings > self.keep then table.remove(self.readings, 1) end
end
function Sensor:mean()
  local sum = 0
  for _, reading in ipairs(self.readings) do sum = sum + reading.value end
  return sum // #self.readings
end
local sensors, seed = {}, 1
for i = 1, 12 do sensors[i] = Sensor.new("sensor" .. i, 20 + i) end
for time = 1, 1500 do
  seed = seed * 16807 + 11 & 0x7fffffff
  sensors[seed // 65536 % 12 + 1]:read(time, seed % 1000)
end
for i = 1, 12, 4 do print(sensors[i].name, sensors[i]:mean(), sensors[i].readings[1].note) end

-- A message encoded and decoded, many times.
local function encode(value)
  if type(value) ~= "table" then return type(value) == "string" and '"' .. value .. '"' or tostring(value) end
  local parts, keys = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do parts[#parts + 1] = '"' .. key .. '":' .. encode(value[key]) end
  return "{" .. table.concat(parts, ",") .. "}"
end
local length = 0
for i = 1, 150 do
  local message = encode({id = i, state = "running", alarms = {high = i % 7, low = i % 3}, label = ("x"):rep(i % 40)})
  length = length + #message
  local id = tonumber(message:match('"id":(%d+)'))
  assert(id == i)
end
print("encoded", length)

-- A producer and a consumer.
local function producer(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(("line %d of %d"):format(i, n)) end end)
end
local lines = {}
for k = 1, 30 do for line in producer(k) do lines[#lines + 1] = line:upper():reverse() end end
print(#lines, lines[100])

-- A sieve, and functions that keep values.
local sieve, primes = {}, {}
for i = 2, 4000 do
  if not sieve[i] then
    primes[#primes + 1] = function() return i end
    for j = i * i, 4000, i do sieve[j] = true end
  end
end
print(#primes, primes[#primes]())
