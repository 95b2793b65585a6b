-- Packets that start with an IPv4 header (LINKTYPE_IPV4); whether it is one, `ip` looks.

local M = {}

function M.eth(pkt) return nil end

function M.vlan(pkt) return nil end

function M.network(pkt) return 0x0800, 0 end

return M
