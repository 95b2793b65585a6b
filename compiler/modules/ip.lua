-- IPv4 (RFC 791) and IPv6 (RFC 8200). `link` is the module of the packet's link type.

local link = require "link"
local M = {}

local IPV4, IPV6 = 0x0800, 0x86dd

-- Version 4, and a header length of 5 words or more: 0x45 to 0x4f. The total length is not judged, since segmentation
-- by hardware leaves it 0.
function M.ip(pkt)
  local ethertype, at = link.network(pkt)
  if ethertype == IPV4 and at + 20 <= pkt.caplen then
    local first = pkt:u8(at)
    if first >= 0x45 and first <= 0x4f then return at end
  end
  return nil
end

function M.ipv6(pkt)
  local ethertype, at = link.network(pkt)
  if ethertype == IPV6 and at + 40 <= pkt.caplen and pkt:u8(at) >> 4 == 6 then return at end
  return nil
end

-- Where what the network header carries ends, by its length field. A length of 0 says nothing, nor does what is no IP:
-- then that is the end of the packet on the wire.
function M.ends(pkt)
  local start, length = 0, 0
  local v4 = M.ip(pkt)
  if v4 then
    start, length = v4, pkt:u16(v4 + 2)
  else
    local v6 = M.ipv6(pkt)
    if v6 then start, length = v6 + 40, pkt:u16(v6 + 4) end
  end
  if length == 0 then return #pkt end
  return start + length
end

return M
