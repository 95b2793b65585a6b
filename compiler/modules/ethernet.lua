-- Packets that start with an Ethernet header (LINKTYPE_ETHERNET). Like each module of a link type it finds what stands
-- before the network header, and says which network header that is: `network` gives its EtherType and its offset.

local tags = require "tags"
local M = {}

local NONE = 0x10000

function M.eth(pkt)
  if pkt.caplen >= 14 then return 0 end
  return nil
end

-- The outermost tag; it starts behind its EtherType.
function M.vlan(pkt)
  if pkt.caplen >= 18 and tags.announced_by(pkt:u16(12)) then return 14 end
  return nil
end

function M.network(pkt)
  if pkt.caplen < 14 then return NONE, 0 end
  return tags.behind(pkt, pkt:u16(12), 14)
end

return M
