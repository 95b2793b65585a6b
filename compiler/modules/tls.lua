-- TLS (RFC 8446, RFC 5246) by its looks, whatever the port: a record where a TCP segment's payload starts.

local segment = require "segment"
local M = {}

local HANDSHAKE, CLIENT_HELLO = 22, 1
local SERVER_NAME, ALPN = 0, 16

-- A record of a known type, version 3.0 to 3.4, of a length that RFC 5246 allows. Only a record of data may be empty.
function M.tls(pkt)
  local at, stop = segment.payload(pkt)
  if at + 5 > stop then return nil end
  local kind, version, length = pkt:u8(at), pkt:u16(at + 1), pkt:u16(at + 3)
  if kind < 20 or kind > 23 or version < 0x0300 or version > 0x0304 then return nil end
  if length > 16384 + 2048 or length == 0 and kind ~= 23 then return nil end
  return at
end

-- Where what is there of the first record ends.
local function record_end(pkt, at)
  local _, stop = segment.payload(pkt)
  return math.min(at + 5 + pkt:u16(at + 3), stop)
end

-- The type of the handshake message that the first record starts with. One that is encrypted looks like any.
function M.handshake_type(pkt)
  local at = M.tls(pkt)
  if at and pkt:u8(at) == HANDSHAKE and at + 6 <= record_end(pkt, at) then return pkt:u8(at + 5) end
  return nil
end

-- The extensions of a ClientHello, and where what is there of them in its first record ends; 0 twice for none.
local function extensions(pkt)
  local record = M.tls(pkt)
  if not record or M.handshake_type(pkt) ~= CLIENT_HELLO then return 0, 0 end
  local stop = record_end(pkt, record)
  if record + 44 > stop then return 0, 0 end
  stop = math.min(stop, record + 9 + (pkt:u8(record + 6) << 16 | pkt:u16(record + 7)))
  local at = record + 43 -- behind record, handshake, version and random
  if at + 1 > stop then return 0, 0 end
  at = at + 1 + pkt:u8(at) -- session
  if at + 2 > stop then return 0, 0 end
  at = at + 2 + pkt:u16(at) -- cipher suites
  if at + 1 > stop then return 0, 0 end
  at = at + 1 + pkt:u8(at) -- compression methods
  if at + 2 > stop then return 0, 0 end
  return at + 2, math.min(at + 2 + pkt:u16(at), stop)
end

-- The content of the first extension of a type among the first 256, and where it ends; 0 twice where it is not there, or
-- not all of it.
local function extension(pkt, wanted)
  local at, stop = extensions(pkt)
  local from, to = 0, 0
  for _ = 1, 256 do
    if at + 4 > stop then break end
    local length = pkt:u16(at + 2)
    if pkt:u16(at) == wanted then
      if at + 4 + length <= stop then from, to = at + 4, at + 4 + length end
      break
    end
    at = at + 4 + length
  end
  return from, to
end

-- The server's name (RFC 6066 section 3): a list whose first entry is a host name.
local function server_name(pkt)
  local at, stop = extension(pkt, SERVER_NAME)
  if at + 5 > stop or pkt:u8(at + 2) ~= 0 then return 0, 0 end
  local length = pkt:u16(at + 3)
  if length == 0 or at + 5 + length > stop then return 0, 0 end
  return at + 5, length
end

function M.sni(pkt)
  local at, length = server_name(pkt)
  if length == 0 then return nil end
  return pkt:bytes(at, length)
end

-- Whether the server's name is this one or below it, letters of either case being the same.
function M.is_below(pkt, name)
  local at, length = server_name(pkt)
  return segment.is_below(pkt, at, length, name)
end

-- The first protocol that the client offers (RFC 7301).
function M.alpn(pkt)
  local at, stop = extension(pkt, ALPN)
  if at + 3 > stop then return nil end
  local length = pkt:u8(at + 2)
  if length == 0 or at + 3 + length > stop then return nil end
  return pkt:bytes(at + 3, length)
end

-- Whether a protocol is among the first 64 that it offers.
function M.has_alpn(pkt, protocol)
  local at, stop = extension(pkt, ALPN)
  local has = false
  at = at + 2
  for _ = 1, 64 do
    if at >= stop then break end
    local length = pkt:u8(at)
    if at + 1 + length > stop then break end
    if length == #protocol and pkt:starts(at + 1, protocol) then
      has = true
      break
    end
    at = at + 1 + length
  end
  return has
end

return M
