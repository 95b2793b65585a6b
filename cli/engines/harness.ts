/**
 * What stock Lua is given to run a filter in, as Lua text: the shim, the globals that the language has, and a limit on
 * instructions. Every Lua has the same, those that the tests compare with too; how bytes and numbers get in and out is
 * the business of each.
 */
import { shim } from '../../compiler/index.ts';

/** What ended a run: a packet read, a division by zero, a value of the wrong type, a store, the limit, anything else. */
export type ErrorClass = 'bounds' | 'zero' | 'type' | 'permission' | 'budget' | 'error';

/** How messages of Lua name the filter's text, as in `filter:3: …`; the modules' are `filter2` and so on. */
const chunkName = 'filter';

/** A message without the place that Lua puts in front. */
export const ownText = (message: string): string =>
  message.replace(new RegExp(`^(${chunkName}\\d*|harness|\\?):(\\d+|\\?): `), '');

/**
 * Lua text of a chunk that takes a filter as a `bundle`, the instructions that a run may take, and what another such
 * chunk has kept from packet to packet, or ''; it returns `run(bytes, wirelen, linktype, writable, time)`, where the
 * packet may be stored to if `writable` is 1, and which gives
 *
 * 1. the verdict, 0 to 4294967295;
 * 2. the kilobytes that the state takes, 0 where that is not known;
 * 3. what was printed, or nil;
 * 4. where the run ended in an error: its class, its message, and the place as `web.lua:7`, or nil where Lua has lost it
 *    (of a call in `return f(x)` it keeps no line);
 * 7. where the packet may be stored to, its bytes after the run.
 *
 * Without a packet, `run()` gives what has been kept, as text. A file that does not load, and a filter that is no
 * function, is an error with Lua's message.
 */
export const harness = `local bundle, limit, kept = ...
local luabpf = (function()
${shim()}
end)()
local sethook, getinfo, concat, pack = debug.sethook, debug.getinfo, table.concat, table.pack
local packet, verdict, classify = luabpf.raw_packet, luabpf.verdict_of, luabpf.classify
local bytes_of = luabpf.bytes_of
local xpcall, tostring = xpcall, tostring
-- fengari leaves its memory to JavaScript, and has no more than a name here.
local count = math.maxinteger >> 31 == 0 and function() return 0 end or collectgarbage

local printed, lines = {}, 0
local function print(...)
  local values = pack(...)
  for i = 1, values.n do values[i] = tostring(values[i]) end
  lines = lines + 1
  printed[lines] = concat(values, "\\t", 1, values.n)
end

-- Tables of its own, so that no filter changes the world of another.
local globals = { math = {}, ipairs = ipairs, print = print, error = error, assert = assert }
for name, value in pairs(math) do globals.math[name] = value end

-- The files of the filter, each evaluated once, with a \`require\` that finds what was found when it was compiled.
local files = load(bundle, "=bundle", "t", {})()
for name, value in pairs(files.args) do luabpf.modules.args[name] = value end
local names = {}
local function evaluate(place)
  local file = files[place]
  if file.value ~= nil then return file.value end
  local chunk_name = place == 1 and "=${chunkName}" or "=${chunkName}" .. place
  names[chunk_name] = file.name
  local own = {}
  for name, value in pairs(globals) do own[name] = value end
  function own.require(name)
    local found = file.required[name]
    local module = luabpf.modules[name]
    if found then module = evaluate(found) end
    if module == nil then error("there is no module '" .. tostring(name) .. "'", 2) end
    return module
  end
  local chunk, problem = load(file.text, chunk_name, "t", own)
  if not chunk then error(problem, 0) end
  file.value = chunk()
  return file.value
end
local filter = evaluate(1)
if type(filter) ~= "function" then
  error("${chunkName}: a " .. type(filter) .. " returned, not a function", 0)
end
luabpf.restore(kept or "")

local over = setmetatable({}, { __tostring = function() return "the limit of " .. limit .. " instructions" end })
local function stop() error(over, 0) end

-- Called where the error is, with the stack still there: the innermost line of the filter's own files.
local place
local function locate(message)
  sethook()
  local level = 2
  repeat
    local info = getinfo(level, "Sl")
    level = level + 1
    if info and names[info.source] then
      place = names[info.source] .. ":" .. info.currentline
      break
    end
  until not info
  return message
end

return function(bytes, wirelen, linktype, writable, time)
  if not bytes then return luabpf.save() end
  sethook(stop, "", limit)
  local pkt = packet(bytes, wirelen, time, linktype, writable == 1)
  local ok, value = xpcall(filter, locate, pkt)
  sethook()
  local stored = writable == 1 and bytes_of(pkt) or nil
  local output
  if lines > 0 then
    output = concat(printed, "\\n", 1, lines) .. "\\n"
    printed, lines = {}, 0
  end
  if ok then return verdict(value), count("count"), output, nil, nil, nil, stored end
  local class, where = value == over and "budget" or classify(value), place
  place = nil
  return 0, count("count"), output, class, tostring(value), where, stored
end
`;
