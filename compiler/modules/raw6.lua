-- Packets that start with an IPv6 header (LINKTYPE_IPV6); whether it is one, `ipv6` looks.

local M = {}

function M.eth(pkt) return nil end

function M.vlan(pkt) return nil end

function M.network(pkt) return 0x86dd, 0 end

return M
