-- Packets that start with an IPv4 or IPv6 header, told apart by their version (LINKTYPE_RAW).

local M = {}

local IPV4, IPV6, NONE = 0x0800, 0x86dd, 0x10000

function M.eth(pkt) return nil end

function M.vlan(pkt) return nil end

function M.network(pkt)
  if pkt.caplen >= 1 then
    local version = pkt:u8(0) >> 4
    if version == 4 then return IPV4, 0 end
    if version == 6 then return IPV6, 0 end
  end
  return NONE, 0
end

return M
