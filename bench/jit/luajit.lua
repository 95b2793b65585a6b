--[[
LuaJIT on packets in memory: filters over a byte pointer by ffi, or what pflua makes of two expressions.
  luajit luajit.lua CAPTURE ffi FILTERS.lua
  luajit luajit.lua CAPTURE pflua SOURCE_FOLDER W1 W2
A line of JSON a workload, as native.c prints them.
]]
local ffi = require "ffi"
local draws, packets, warm_up, passes = 200000, 2000, 2, 5
ffi.cdef "struct moment { long s, ns; }; int clock_gettime(int, struct moment *);"
local moment = ffi.new "struct moment"
local function now()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.s) * 1e9 + tonumber(moment.ns)
end

local file = assert(io.open(arg[1], "rb"))
local text = file:read "*a"
file:close()
local bytes = ffi.cast("const uint8_t *", text)
local function u32(at) return bytes[at] + bytes[at + 1] * 2 ^ 8 + bytes[at + 2] * 2 ^ 16 + bytes[at + 3] * 2 ^ 24 end

local start, caplen, order = ffi.new("uint32_t[?]", packets), ffi.new("uint32_t[?]", packets), ffi.new("uint32_t[?]", draws)
local count, at = 0, 24
while count < packets and at + 16 <= #text do
  start[count], caplen[count] = at + 16, u32(at + 8)
  at, count = at + 16 + caplen[count], count + 1
end
local seed = 12345
for i = 0, draws - 1 do
  seed = seed * 16807 % 2147483647
  order[i] = seed % count
end

local filters
if arg[2] == "ffi" then
  filters = dofile(arg[3])
else
  package.path = arg[3] .. "/?.lua;" .. package.path
  -- Its other backend, to machine code, takes a preprocessor of LuaJIT's own.
  package.preload["pf.codegen"] = function() return {} end
  local pf = require "pf"
  filters = { w1 = pf.compile_filter(arg[4]), w2 = pf.compile_filter(arg[5]) }
end

-- A loop for each filter, so that each has traces of its own.
local loop = [[
  local filter, bytes, start, caplen, order, draws = ...
  local accepted = 0
  for draw = 0, draws - 1 do
    local i = order[draw]
    if filter(bytes + start[i], caplen[i]) then accepted = accepted + 1 end
  end
  return accepted
]]
for _, name in ipairs { "w1", "w2", "w3", "w4", "w5" } do
  if filters[name] then
    local run, best, accepted = loadstring(loop), math.huge, 0
    for pass = 1 - warm_up, passes do
      local begin = now()
      accepted = run(filters[name], bytes, start, caplen, order, draws)
      if pass > 0 then best = math.min(best, (now() - begin) / draws) end
    end
    print(('{"workload":"%s","ns":%.3f,"accepted":%d}'):format(name, best, accepted))
  end
end
