-- HTTP/1 (RFC 9112) by its looks, whatever the port: a request or a response where a TCP segment's payload starts.

local segment = require "segment"
local M = {}

-- Where what is there of a segment's payload ends.
local function stop_of(pkt)
  local _, stop = segment.payload(pkt)
  return stop
end

-- How long the method of a request is that starts there, 0 for none: those of RFC 9110, and PATCH.
local function method_length(pkt, at)
  local length = 0
  if pkt:starts(at, "GET ") or pkt:starts(at, "PUT ") then length = 3
  elseif pkt:starts(at, "POST ") or pkt:starts(at, "HEAD ") then length = 4
  elseif pkt:starts(at, "TRACE ") or pkt:starts(at, "PATCH ") then length = 5
  elseif pkt:starts(at, "DELETE ") then length = 6
  elseif pkt:starts(at, "OPTIONS ") or pkt:starts(at, "CONNECT ") then length = 7 end
  if at + length >= stop_of(pkt) then return 0 end
  return length
end

-- Where a request starts, and its method's length; 0 twice where there is none.
local function request(pkt)
  local at = segment.payload(pkt)
  local length = method_length(pkt, at)
  if length == 0 then return 0, 0 end
  return at, length
end

function M.http(pkt)
  local at, length = request(pkt)
  if length > 0 then return at end
  local start, stop = segment.payload(pkt)
  if start + 7 <= stop and pkt:starts(start, "HTTP/1.") then return start end
  return nil
end

function M.method(pkt)
  local at, length = request(pkt)
  if length == 0 then return nil end
  return pkt:bytes(at, length)
end

-- What stands between the method and the next space; nil where that space is not there.
function M.path(pkt)
  local at, length = request(pkt)
  if length == 0 then return nil end
  local start = at + length + 1
  local stop = pkt:find(" ", start, stop_of(pkt))
  if not stop then return nil end
  local line = pkt:find("\r\n", start, stop)
  if line then return nil end
  return pkt:bytes(start, stop - start)
end

function M.path_starts(pkt, text)
  local at, length = request(pkt)
  if length == 0 then return false end
  local start = at + length + 1
  return start + #text <= stop_of(pkt) and pkt:starts(start, text)
end

-- The three digits of a response.
function M.status(pkt)
  local at = M.http(pkt)
  if not at or at + 12 > stop_of(pkt) or not pkt:starts(at, "HTTP/1.") then return nil end
  local a, b, c = pkt:u8(at + 9) - 48, pkt:u8(at + 10) - 48, pkt:u8(at + 11) - 48
  if pkt:u8(at + 8) ~= 32 or a < 0 or a > 9 or b < 0 or b > 9 or c < 0 or c > 9 then return nil end
  return math.max(a * 100 + b * 10 + c, 0)
end

-- The value of a request's Host among its first 128 lines, and how long it is without spaces around it; 0 twice where it
-- is not there, or not all of it.
local function host_place(pkt)
  local at, length = request(pkt)
  if length == 0 then return 0, 0 end
  local stop = stop_of(pkt)
  local from, to = 0, 0
  for _ = 1, 128 do
    local line = pkt:find("\r\n", at, stop)
    if not line then break end
    at = line + 2
    if pkt:starts(at, "\r\n") then break end
    if pkt:starts_nocase(at, "host:") then
      local behind = pkt:find("\r\n", at, stop)
      if behind then from, to = at + 5, behind end
      break
    end
  end
  for _ = from, to - 1 do
    local byte = pkt:u8(from)
    if byte ~= 32 and byte ~= 9 then break end
    from = from + 1
  end
  for _ = from, to - 1 do
    local byte = pkt:u8(to - 1)
    if byte ~= 32 and byte ~= 9 then break end
    to = to - 1
  end
  return from, to - from
end

function M.host(pkt)
  local at, length = host_place(pkt)
  if length == 0 then return nil end
  return pkt:bytes(at, length)
end

-- Whether the host, without its port, is this name or below it, letters of either case being the same.
function M.is_below(pkt, name)
  local at, length = host_place(pkt)
  local colon = pkt:find(":", at, at + length)
  if colon then length = colon - at end
  return segment.is_below(pkt, at, length, name)
end

return M
