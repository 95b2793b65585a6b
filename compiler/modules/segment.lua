-- What TCP carries, as far as it is captured, and names of hosts in it.

local ip = require "ip"
local M = {}

-- Where a segment's payload starts, and where what is there of it ends; 0 twice where there is no segment.
function M.payload(pkt)
  local tcp = pkt.tcp
  if not tcp then return 0, 0 end
  return tcp.payload, math.min(ip.ends(pkt), pkt.caplen)
end

-- Whether so many bytes are this name of a host or one below it, letters of either case being the same.
function M.is_below(pkt, at, length, name)
  local start = at + length - #name
  if length < #name or not pkt:starts_nocase(start, name) then return false end
  return start == at or pkt:u8(start - 1) == 46
end

return M
