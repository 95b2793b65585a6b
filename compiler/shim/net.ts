/** `require "net"` for stock Lua: addresses and networks as text, and the numbers of protocols. */
import { ipProtocols, protocolNumbers, servicePorts } from '../protocols/numbers.ts';

const fields = (numbers: ReadonlyMap<string, bigint>): string =>
  [...numbers].map(([name, number]) => `["${name}"] = ${number}`).join(', ');

/** Lua that fills `modules.net`; wants `modules`, `address_of` and `bytes_of` in scope. */
export const netInLua = `-- Addresses and networks.
local net = { ${fields(ipProtocols)} }
net.port = { ${fields(servicePorts)} }
net.proto = { ${fields(protocolNumbers)} }

local function malformed(text, what)
  error(("%q is no %s"):format(tostring(text), what), 3)
end

-- Four decimal numbers without leading zeros, which some read as octal; or nil.
local function ipv4_of(text)
  local address, count = 0, 0
  for part in (text .. "."):gmatch("(.-)%.") do
    local number = part:match("^%d%d?%d?$") and math.tointeger(tonumber(part))
    if not number or number > 255 or tostring(number) ~= part then return nil end
    address, count = address << 8 | number, count + 1
  end
  return count == 4 and address or nil
end

-- Groups of up to four digits with colons between, as bytes, and how many they are; or nil. The last one may be an IPv4
-- address where the text ends the address.
local function groups_of(text, is_last)
  local bytes = {}
  if text == "" then return "" end
  local ipv4 = is_last and text:match("[^:]*$") or ""
  local tail = ipv4:find(".", 1, true) and ipv4_of(ipv4)
  if tail then
    text = text:sub(1, #text - #ipv4) .. ("%x:%x"):format(tail >> 16 & 0xffff, tail & 0xffff)
  end
  for group in (text .. ":"):gmatch("(.-):") do
    if not group:match("^%x%x?%x?%x?$") then return nil end
    local number = tonumber(group, 16)
    bytes[#bytes + 1] = string.char(number >> 8, number & 255)
  end
  return table.concat(bytes)
end

-- The sixteen bytes of an IPv6 address, with :: for one group or more that are 0; or nil.
local function ipv6_of(text)
  local at = text:find("::", 1, true)
  local front = groups_of(at and text:sub(1, at - 1) or text, not at)
  local back = groups_of(at and text:sub(at + 2) or "", true)
  local missing = front and back and 16 - #front - #back
  if missing and (at and missing > 0 or not at and missing == 0) then return front .. ("\\0"):rep(missing) .. back end
end

function net.ip(text)
  if type(text) == "string" and text:find(":", 1, true) then
    return address_of(ipv6_of(text) or malformed(text, "IPv6 address"))
  end
  return type(text) == "string" and ipv4_of(text) or malformed(text, "IPv4 address")
end

-- Six bytes of two hexadecimal digits, with colons or hyphens between.
function net.mac(text)
  local between = type(text) == "string" and text:match("^%x%x([:-])")
  if not between or not text:match("^" .. ("%x%x%" .. between):rep(5) .. "%x%x$") then
    malformed(text, "MAC address")
  end
  local address = 0
  for digits in text:gmatch("%x%x") do address = address << 8 | tonumber(digits, 16) end
  return address
end

-- The first bits of bytes, the others 0 or left out.
local function prefix_of(bytes, length)
  local rest = length % 8
  local whole = bytes:sub(1, length // 8)
  return rest == 0 and whole or whole .. string.char(byte(bytes, length // 8 + 1) >> 8 - rest << 8 - rest)
end

-- A network by its prefix and the prefix's length: an integer without the bits behind it, or bytes. Behind it no bit
-- is set; or nil.
local function network_of(text)
  local address, digits = (type(text) == "string" and text or ""):match("^(.*)/(%d%d?%d?)$")
  local length = address and math.tointeger(tonumber(digits))
  if not length or tostring(length) ~= digits then return nil end
  local bytes = address:find(":", 1, true) and ipv6_of(address)
  if bytes and length <= 128 then
    local prefix = prefix_of(bytes, length)
    if prefix .. ("\\0"):rep(16 - #prefix) == bytes then return prefix, length end
  end
  local first = ipv4_of(address)
  if first and length <= 32 and first >> 32 - length << 32 - length == first then return first >> 32 - length, length end
end

-- Called last by what takes the texts, so that level 3 is its caller.
local function networks(texts)
  -- By length, the prefixes of that length.
  local ipv4, ipv6 = {}, {}
  for _, text in ipairs(texts) do
    local prefix, length = network_of(text)
    if not prefix then malformed(text, tostring(text):find(":", 1, true) and "IPv6 network" or "IPv4 network") end
    local known = mtype(prefix) == "integer" and ipv4 or ipv6
    known[length] = known[length] or {}
    known[length][prefix] = true
  end
  -- The shift leaves an integer of more than 32 bits outside every network.
  local function contains(_, address)
    local bytes = bytes_of(address)
    if not bytes and mtype(address) ~= "integer" then
      error("bad argument #1 to 'contains' (an address is wanted, not " .. type(address) .. ")", 2)
    end
    for length, known in pairs(bytes and ipv6 or ipv4) do
      if known[bytes and prefix_of(bytes, length) or not bytes and address >> 32 - length] then return true end
    end
    return false
  end
  return { contains = contains }
end

function net.cidr(text) return networks({ text or false }) end

function net.cidrs(texts)
  local count = 0
  for _ in pairs(type(texts) == "table" and texts or {}) do count = count + 1 end
  if count == 0 or count ~= #texts then error("net.cidrs takes a list of one network or more", 2) end
  return networks(texts)
end

modules.net = net
`;
