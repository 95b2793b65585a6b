/**
 * The hand-written part of the shim: Lua text in sections, kept in strings because the compiler also runs where there
 * are no files. Each section may use the locals of those before it; `index.ts` puts them in order.
 */

/** Packets' private keys, the loads, and the views that headers are. */
export const loadsInLua = `-- luabpf: packets for filters under stock Lua 5.3 and later.
local byte, mtype = string.byte, math.type

-- A packet is a table with private keys; what a filter sees of it comes from its metatable.
local BYTES, WIRELEN, TIME, LINKTYPE, WRITABLE = {}, {}, {}, {}, {}
-- Of a packet in a packet: the one it is in, its offset there, and from what its bytes were cut.
local OUTER, START, SOURCE = {}, {}, {}

-- The captured bytes of a packet. Those of a packet in a packet are cut anew where something has been stored.
local function bytes_in(p)
  local outer = p[OUTER]
  if outer then
    local bytes = bytes_in(outer)
    if bytes ~= p[SOURCE] then
      rawset(p, SOURCE, bytes)
      rawset(p, BYTES, bytes:sub(p[START] + 1))
    end
  end
  return p[BYTES]
end

-- Bytes to integers. No string.unpack: where integers have 32 bits it refuses what does not fit.
local function join8(a) return a end
local function join16(a, b) return a << 8 | b end
local function join32(a, b, c, d) return a << 24 | b << 16 | c << 8 | d end
local function join48(a, b, c, d, e, f) return join16(a, b) << 32 | join32(c, d, e, f) end
local function join64(a, b, c, d, e, f, g, h) return join32(a, b, c, d) << 32 | join32(e, f, g, h) end
local function join16le(a, b) return b << 8 | a end
local function join32le(a, b, c, d) return d << 24 | c << 16 | b << 8 | a end
local function join64le(a, b, c, d, e, f, g, h) return join32le(e, f, g, h) << 32 | join32le(a, b, c, d) end

if math.maxinteger >> 31 == 0 then
  local function narrow() error("a load of more than 32 bits needs 64-bit integers", 3) end
  join48, join64, join64le = narrow, narrow, narrow
end

-- A load of so many bytes at an offset that may be any integer: o + size could wrap, #s - size cannot.
local function load(size, join, sign)
  return function(p, o)
    if mtype(o) ~= "integer" then error("an offset is an integer, not " .. type(o), 2) end
    local s = bytes_in(p)
    if o < 0 or o > #s - size then
      error(("read of %d bytes at %d is outside the %d captured bytes"):format(size, o, #s), 2)
    end
    local value = join(byte(s, o + 1, o + size))
    if sign then value = (value ~ sign) - sign end
    return value
  end
end

local function refuse(message)
  return function() error(message, 2) end
end

-- IPv6 addresses: one table for each, so that == and the keys of tables compare them.
local ADDRESS, addresses = {}, setmetatable({}, { __mode = "v" })
local address_type = {
  __name = "IPv6 address",
  __index = refuse("attempt to index an IPv6 address"),
  __newindex = refuse("attempt to index an IPv6 address"),
  __len = refuse("attempt to get length of an IPv6 address"),
}

-- The sixteen bytes of an address, nil of another value.
local function bytes_of(value)
  return type(value) == "table" and getmetatable(value) == address_type and value[ADDRESS] or nil
end

-- All eight groups.
function address_type.__tostring(value)
  local groups = {}
  for a, b in bytes_of(value):gmatch("(.)(.)") do groups[#groups + 1] = ("%x"):format(join16(byte(a), byte(b))) end
  return table.concat(groups, ":")
end

local function address_of(bytes)
  local address = addresses[bytes]
  if not address then
    address = setmetatable({ [ADDRESS] = bytes }, address_type)
    addresses[bytes] = address
  end
  return address
end

-- The two words that an address is in a key of state, where integers have room for them.
local function words_of(bytes)
  if math.maxinteger >> 31 == 0 then return tostring(address_of(bytes)) end
  return join64(byte(bytes, 1, 8)) .. "," .. join64(byte(bytes, 9, 16))
end

local function address_at(p, o) return address_of(bytes_in(p):sub(o + 1, o + 16)) end

local u8, u16, u32, u48 = load(1, join8), load(2, join16), load(4, join32), load(6, join48)

local methods = {
  u8 = u8, u16 = u16, u32 = u32, u64 = load(8, join64),
  i8 = load(1, join8, 1 << 7), i16 = load(2, join16, 1 << 15), i32 = load(4, join32, 1 << 31),
  u16le = load(2, join16le), u32le = load(4, join32le), u64le = load(8, join64le),
  i16le = load(2, join16le, 1 << 15), i32le = load(4, join32le, 1 << 31),
}

-- Arguments that must be integers, as a filter's are.
local function integers(a, b)
  if mtype(a) ~= "integer" then error("an offset is an integer, not " .. type(a), 3) end
  if b ~= nil and mtype(b) ~= "integer" then error("a number is an integer, not " .. type(b), 3) end
end

function methods.bytes(p, o, n)
  integers(o, n or false)
  local s = bytes_in(p)
  if n < 0 then error("the length of a slice is negative", 2) end
  if n > #s or o < 0 or o > #s - n then
    error(("read of %d bytes at %d is outside the %d captured bytes"):format(n, o, #s), 2)
  end
  return s:sub(o + 1, o + n)
end

function methods.find(p, text, from, to)
  integers(from, to)
  local s = bytes_in(p)
  if from < 0 then error("a search begins at a negative offset", 2) end
  if to == nil or to > #s then to = #s end
  if from > to then return nil end
  local at = s:find(text, from + 1, true)
  if at and at - 1 + #text <= to then return at - 1 end
  return nil
end

function methods.starts(p, o, text)
  integers(o)
  local s = bytes_in(p)
  return o >= 0 and o <= #s - #text and s:sub(o + 1, o + #text) == text
end

function methods.starts_nocase(p, o, text)
  integers(o)
  local s = bytes_in(p)
  return o >= 0 and o <= #s - #text and s:sub(o + 1, o + #text):lower() == text:lower()
end

-- A domain name of so many bytes of labels as text; nil where there is none.
local function domain_at(p, at, length)
  if not at then return nil end
  local labels, stop = {}, at + length - 1
  while at < stop do
    local size = byte(p[BYTES], at + 1)
    local label = p[BYTES]:sub(at + 2, at + 1 + size):lower()
    labels[#labels + 1] = label:gsub("[.\\\\]", function(c) return ("\\\\%03d"):format(byte(c)) end)
    at = at + 1 + size
  end
  return #labels == 0 and "." or table.concat(labels, ".")
end

-- A domain name as a filter may write it, which is what the compiler takes; "." is the root.
local function checked_domain(text)
  if type(text) ~= "string" then error("a domain name is a string, not " .. type(text), 3) end
  local fine = #text <= 253 and not text:find("[%u\\\\]") and not ("." .. text .. "."):find("..", 1, true)
  for label in text:gmatch("[^.]+") do fine = fine and #label <= 63 end
  if text ~= "." and not fine then error(("'%s' is no domain name in lower case"):format(text), 3) end
  return text
end

-- The same as messages have it: each label behind its length, and an empty one.
local function wire_of(text)
  local labels = {}
  for label in text:gmatch("[^.]+") do labels[#labels + 1] = string.char(#label) .. label end
  return table.concat(labels) .. "\\0"
end

-- Bytes are stored where the host allows it; headers read anew what is there.
local function store(size)
  local set = "set_u" .. 8 * size
  return function(p, o, value)
    integers(o, value or false)
    if not p[WRITABLE] then error("the host does not allow writing", 2) end
    local s = bytes_in(p)
    if o < 0 or o > #s - size then
      error(("read of %d bytes at %d is outside the %d captured bytes"):format(size, o, #s), 2)
    end
    if p[OUTER] then return p[OUTER][set](p[OUTER], p[START] + o, value) end
    local bytes = {}
    for i = 1, size do bytes[i] = string.char(value >> 8 * (size - i) & 255) end
    p[BYTES] = s:sub(1, o) .. table.concat(bytes) .. s:sub(o + size + 1)
  end
end
methods.set_u8, methods.set_u16, methods.set_u32 = store(1), store(2), store(4)

-- The packet of a kind that starts at an offset, or where the captured bytes end if they end before it.
local raw_packet, inner_linktypes

local function packet_at(p, o, kind)
  local captured = #bytes_in(p)
  local start = o < captured and o or captured
  local wirelen = p[WIRELEN] > start and p[WIRELEN] - start or 0
  local inner = raw_packet("", wirelen, p[TIME], inner_linktypes[kind], p[WRITABLE])
  rawset(inner, OUTER, p)
  rawset(inner, START, start)
  return inner
end

function methods.from(p, o, kind)
  integers(o)
  if not inner_linktypes[kind] then error("a packet starts with \\"ethernet\\" or \\"ip\\"", 2) end
  if o < 0 then error("a packet starts at a negative offset", 2) end
  return packet_at(p, o, kind)
end

-- The packet that a module has found, of one of several kinds by the number that it gives.
local function inner_packet(p, kinds, at, which)
  if at then return packet_at(p, at, kinds[(which or 0) + 1]) end
  return nil
end

-- A maker of views: tables that know a packet and an offset, and read their fields through the given readers.
local PACKET, AT = {}, {}
local function view(readers, meta, unknown)
  function meta.__index(v, key)
    local read = readers[key]
    if not read then error(unknown:format(tostring(key)), 2) end
    return read(v[PACKET], v[AT])
  end
  meta.__newindex = refuse("a header cannot be changed")
  return function(p, o) return setmetatable({ [PACKET] = p, [AT] = o }, meta) end
end

local function group(name, parts)
  return view(parts, {
    __name = name,
    __eq = refuse("a group has parts to compare: " .. name .. ".value"),
  }, name .. " has no part '%s'")
end

-- Where a header at o ends by its length field, which says nothing where it is 0.
local function end_by(p, o, length) return length == 0 and p[WIRELEN] or o + length end

-- The bytes from one offset to another, which may lie before it.
local function room(from, to) return from < to and to - from or 0 end

local function header(name, fields)
  return view(fields, {
    __name = name .. " header",
    __eq = refuse("a header compares with nil only"),
  }, name .. " has no field '%s'")
end
`;

/** The packet's metatable and what the module gives. */
export const interfaceInLua = `-- The packet, and what this module gives.
local packet = {
  __name = "packet",
  __len = function(p) return p[WIRELEN] end,
  __eq = refuse("a packet cannot be compared"),
  __newindex = refuse("a packet cannot be changed this way"),
}

function packet.__index(p, key)
  local method = methods[key]
  if method then return method end
  local member = members[key]
  if not member then error(("a packet has no '%s'"):format(tostring(key)), 2) end
  return member(p)
end

local luabpf = { modules = modules, save = save, restore = restore }

function raw_packet(bytes, wirelen, time, linktype, writable)
  return setmetatable({
    [OUTER] = false,
    [START] = 0,
    [SOURCE] = false,
    [WRITABLE] = writable,
    [BYTES] = bytes,
    [WIRELEN] = wirelen or #bytes,
    [TIME] = time or 0,
    [LINKTYPE] = linktype or 1,
  }, packet)
end

luabpf.raw_packet = raw_packet

function luabpf.bytes_of(pkt) return bytes_in(pkt) end

local options = { wirelen = "integer", time = "integer", linktype = "integer", writable = "boolean" }

function luabpf.packet(bytes, given)
  if type(bytes) ~= "string" then error("a packet is a string of bytes, not " .. type(bytes), 2) end
  given = given or {}
  for name, value in pairs(given) do
    local wanted = options[name]
    if not wanted then error(("a packet has no option '%s'"):format(tostring(name)), 2) end
    if (mtype(value) or type(value)) ~= wanted then
      error(("%s is of type %s, not %s"):format(name, wanted, mtype(value) or type(value)), 2)
    end
  end
  if (given.wirelen or #bytes) < #bytes then
    error(("wirelen is %d, and %d bytes are captured"):format(given.wirelen, #bytes), 2)
  end
  return luabpf.raw_packet(bytes, given.wirelen, given.time, given.linktype, given.writable)
end

function luabpf.hex(text)
  local digits = text:gsub("%s+", "")
  local at = digits:find("%X")
  if at then error(("'%s' is no hexadecimal digit"):format(digits:sub(at, at)), 2) end
  if #digits % 2 == 1 then error(("%d hexadecimal digits are no whole bytes"):format(#digits), 2) end
  return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Where integers have 32 bits this is a float, and above every integer.
local WHOLE = 4294967295

function luabpf.verdict_of(value)
  if mtype(value) ~= "integer" then return value and WHOLE or 0 end
  if value <= 0 then return 0 end
  return value < WHOLE and value or WHOLE
end

-- What the messages of each class contain. The texts are those of Lua 5.3 and 5.4, fengari's included.
local classes = {
  { "read of %d+ bytes at %-?%d+ is outside the %d+ captured bytes$", "bounds" },
  { "attempt to perform 'n", "zero" },
  { "attempt to divide by zero", "zero" },
  { "attempt to perform arithmetic on", "type" },
  { "attempt to perform bitwise operation on", "type" },
  { "attempt to compare", "type" },
  { "attempt to index", "type" },
  { "attempt to get length of", "type" },
  { "an offset is an integer, not", "type" },
  { "a number is an integer, not", "type" },
  { "a key is an integer, not", "type" },
  { "a value is an integer, not", "type" },
  { "'for' %a+ value must be a number", "type" },
  { "'for' %a+ must be a number", "type" },
  { "bad 'for' ", "type" },
  { "the host does not allow writing", "permission" },
  { "bad argument #", "type" },
}

function luabpf.classify(message)
  if type(message) == "string" then
    for _, class in ipairs(classes) do
      if message:find(class[1]) then return class[2] end
    end
  end
  return "error"
end

function luabpf.verdict(filter, pkt)
  local ok, value = pcall(filter, pkt)
  if ok then return luabpf.verdict_of(value) end
  return 0, luabpf.classify(value), tostring(value)
end

return luabpf
`;
