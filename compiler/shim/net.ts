/** `require "net"` for stock Lua: addresses and networks as text, and the numbers of protocols. */
import { ipProtocols } from '../protocols/numbers.ts';

/** Lua that fills `modules.net`; wants `modules` in scope. */
export const netInLua = `-- Addresses and networks.
local net = { ${[...ipProtocols].map(([name, number]) => `${name} = ${number}`).join(', ')} }

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

function net.ip(text)
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

-- The first address of a network, and how many bits of an address stand behind its prefix, none of which is set; or nil.
local function network_of(text)
  local address, length = (type(text) == "string" and text or ""):match("^(.*)/(%d%d?)$")
  local first = address and ipv4_of(address)
  local shift = 32 - (math.tointeger(tonumber(length)) or 33)
  if first and shift >= 0 and tostring(32 - shift) == length and first >> shift << shift == first then
    return first, shift
  end
end

-- The shift leaves an address of more than 32 bits outside every network.
function net.cidr(text)
  local first, shift = network_of(text)
  if not first then malformed(text, "IPv4 network") end
  return { contains = function(_, address) return address >> shift == first >> shift end }
end

function net.cidrs(texts)
  local count = 0
  for _ in pairs(type(texts) == "table" and texts or {}) do count = count + 1 end
  if count == 0 or count ~= #texts then error("net.cidrs takes a list of one network or more", 2) end
  -- By shift, the prefixes of that length.
  local prefixes = {}
  for _, text in ipairs(texts) do
    local first, shift = network_of(text)
    if not first then malformed(text, "IPv4 network") end
    prefixes[shift] = prefixes[shift] or {}
    prefixes[shift][first >> shift] = true
  end
  local function contains(_, address)
    address = address | 0
    for shift, known in pairs(prefixes) do
      if known[address >> shift] then return true end
    end
    return false
  end
  return { contains = contains }
end

modules.net = net
`;
