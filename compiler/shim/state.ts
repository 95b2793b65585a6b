/**
 * `require "state"` for stock Lua: arrays, hashes with exact LRU and counters, as tables whose metatables do what the
 * host does for a compiled filter.
 */

/**
 * Lua that fills `modules.state`, and gives `save` and `restore`; declares `modules`, wants `mtype`, `bytes_of` and
 * `words_of` in scope.
 */
export const stateInLua = `local modules = { args = {} }

-- What lives from packet to packet.
local concat, select = table.concat, select
local LARGEST, PARTS = 1 << 24, 8

local function size(value, what, most)
  if mtype(value) ~= "integer" or value < 1 or value > most then
    error(("%s is an integer from 1 to %d"):format(what, most), 3)
  end
end

-- Level 3 is who called the operation.
local function integer(value, what)
  if mtype(value) ~= "integer" then error(("a %s is an integer, not %s"):format(what, type(value)), 3) end
  return value
end

-- All objects, in the order in which they were made: how each is written down, and put back an entry at a time.
local objects = {}

local function object(kind, methods, get, set)
  return setmetatable({}, {
    __name = kind,
    __index = function(self, key) return methods[key] or get(self, key) end,
    __newindex = set,
  })
end

local state = {}

function state.array(n)
  size(n, "the size of an array", LARGEST)
  local cells, methods = {}, {}
  local function inside(i)
    integer(i, "key")
    if i < 0 or i >= n then error(("index outside an array, which has 0 to %d"):format(n - 1), 3) end
    return i
  end
  function methods.get(_, i) return cells[inside(i)] or 0 end
  function methods.set(_, i, value)
    cells[inside(i)] = integer(value, "value")
    return nil
  end
  function methods.add(_, i, value)
    local sum = (cells[inside(i)] or 0) + integer(value, "value")
    cells[i] = sum
    return sum
  end
  objects[#objects + 1] = {
    save = function()
      local indices, entries = {}, {}
      for i, value in pairs(cells) do
        if value ~= 0 then indices[#indices + 1] = i end
      end
      table.sort(indices)
      for at, i in ipairs(indices) do entries[at] = i .. "=" .. cells[i] end
      return concat(entries, " ")
    end,
    put = function(i, value) cells[math.tointeger(tonumber(i))] = value end,
  }
  return object("array", methods, methods.get, methods.set)
end

function state.counter()
  local sum, methods = 0, {}
  function methods.get() return sum end
  function methods.add(_, value)
    sum = sum + integer(value, "value")
    return sum
  end
  objects[#objects + 1] = {
    save = function() return "0=" .. sum end,
    put = function(_, value) sum = value end,
  }
  local refuse = refuse("a counter has no entries")
  return object("counter", methods, refuse, refuse)
end

function state.hash(n, parts)
  parts = parts or 1
  size(n, "the size of a hash", LARGEST)
  size(parts, "the number of key parts", PARTS)
  -- Entries by key, and in a ring in the order of their use: after \`ring\` comes the oldest, before it the newest.
  local entries, count, ring, methods = {}, 0, {}, {}
  ring.newer, ring.older = ring, ring

  local function unlink(entry)
    entry.older.newer, entry.newer.older = entry.newer, entry.older
  end
  local function link(entry)
    entry.older, entry.newer = ring.older, ring
    ring.older.newer, ring.older = entry, entry
  end
  local function drop(entry)
    unlink(entry)
    entries[entry.key] = nil
    count = count - 1
  end
  local function put(key, value)
    local entry = entries[key]
    if entry then
      unlink(entry)
    else
      if count == n then drop(ring.newer) end
      entry, count = { key = key }, count + 1
      entries[key] = entry
    end
    entry.value = value
    link(entry)
  end
  local function part_of(value)
    local bytes = bytes_of(value)
    if bytes then return words_of(bytes) end
    return integer(value, "key")
  end
  local function key_of(...)
    if parts == 1 then return part_of((...)) end
    local key = { ... }
    for i = 1, parts do key[i] = part_of(key[i]) end
    return concat(key, ",", 1, parts)
  end

  function methods.get(_, ...)
    local entry = entries[key_of(...)]
    if not entry then return nil end
    unlink(entry)
    link(entry)
    return entry.value
  end
  function methods.set(_, ...)
    local key, value = key_of(...), (select(parts + 1, ...))
    if value ~= nil then
      put(key, integer(value, "value"))
    elseif entries[key] then
      drop(entries[key])
    end
    return nil
  end
  function methods.add(_, ...)
    local key, value = key_of(...), integer((select(parts + 1, ...)), "value")
    local entry = entries[key]
    local sum = (entry and entry.value or 0) + value
    put(key, sum)
    return sum
  end
  function methods.delete(_, ...)
    local entry = entries[key_of(...)]
    if entry then drop(entry) end
    return nil
  end
  objects[#objects + 1] = {
    save = function()
      local list, entry = {}, ring.newer
      while entry ~= ring do
        list[#list + 1] = entry.key .. "=" .. entry.value
        entry = entry.newer
      end
      return concat(list, " ")
    end,
    put = function(key, value) put(parts == 1 and math.tointeger(tonumber(key)) or key, value) end,
  }
  return object("hash", methods, methods.get, methods.set)
end

modules.state = state

-- All that is kept, as text: a line an object, with entries as in \`3,4=5\`; of a hash the least recently used first.
local function save()
  local lines = {}
  for i, each in ipairs(objects) do lines[i] = each.save() .. "\\n" end
  return concat(lines)
end

local function restore(text)
  local i = 0
  for line in text:gmatch("([^\\n]*)\\n") do
    i = i + 1
    for key, value in line:gmatch("(%S+)=(%S+)") do objects[i].put(key, math.tointeger(tonumber(value))) end
  end
end
`;
