-- DNS (RFC 1035) and multicast DNS (RFC 6762): over UDP, and over TCP behind two bytes of length where a segment starts.

local segment = require "segment"
local M = {}

local function is_port(port) return port == 53 or port == 5353 end

-- Where the message starts, and where what is there of it ends.
local function message(pkt)
  local udp = pkt.udp
  if udp then
    if is_port(udp.srcport) or is_port(udp.dstport) then
      return udp.payload, math.min(udp.offset + udp.length, pkt.caplen)
    end
    return nil, 0
  end
  local tcp = pkt.tcp
  if tcp and (tcp.srcport == 53 or tcp.dstport == 53) then
    local at, stop = segment.payload(pkt)
    if at + 2 > stop then return nil, 0 end
    return at + 2, math.min(at + 2 + pkt:u16(at), stop)
  end
  return nil, 0
end

function M.dns(pkt)
  local at, stop = message(pkt)
  if at and at + 12 <= stop then return at end
  return nil
end

-- The first question's name and how long it is with its last byte, a chain of labels. A name that is compressed is none:
-- before it there is nothing that it could point to.
function M.name(pkt)
  local first, stop = message(pkt)
  if not first or first + 12 > stop or pkt:u16(first + 4) == 0 then return nil, 0 end
  first = first + 12
  local at, size = first, 1
  for _ = 1, 128 do
    if at >= stop then break end
    size = pkt:u8(at)
    if size > 63 then break end
    at = at + 1 + size
    if size == 0 then break end
  end
  if size ~= 0 or at - first > 255 then return nil, 0 end
  return first, at - first
end

function M.has_name(pkt) return M.name(pkt) ~= nil end

local function behind_name(pkt, plus)
  local at, length = M.name(pkt)
  local _, stop = message(pkt)
  if at and at + length + plus + 2 <= stop then return pkt:u16(at + length + plus) end
  return nil
end

function M.qtype(pkt) return behind_name(pkt, 0) end

function M.qclass(pkt) return behind_name(pkt, 2) end

-- Whether the name is this one, given as it stands in messages.
function M.is(pkt, name)
  local at, length = M.name(pkt)
  return at ~= nil and length == #name and pkt:starts_nocase(at, name)
end

-- Whether it ends with this one where a label begins.
function M.is_below(pkt, name)
  local at, length = M.name(pkt)
  if not at or length < #name then return false end
  local start = at + length - #name
  if not pkt:starts_nocase(start, name) then return false end
  for _ = 1, 127 do
    if at >= start then break end
    at = at + 1 + pkt:u8(at)
  end
  return at == start
end

return M
