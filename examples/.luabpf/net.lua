-- written by luabpf init, which writes it anew: do not edit
---@meta

---@class luabpf.Network
local Network = {}

---Whether the address is in the network, or in one of them.
---@param address integer|luabpf.Address
---@return boolean
function Network:contains(address) end

---Addresses and networks, read when the filter is compiled, and the numbers of protocols.
---@class luabpf.net
---@field ICMP integer 1
---@field IGMP integer 2
---@field TCP integer 6
---@field UDP integer 17
---@field IPV6 integer 41
---@field GRE integer 47
---@field ESP integer 50
---@field AH integer 51
---@field ICMPV6 integer 58
---@field OSPF integer 89
---@field SCTP integer 132
local net = {}

---An IPv4 address as an integer, as in `ip.src`, or an IPv6 address, as in `ipv6.src`.
---@param text string
---@return any
function net.ip(text) end

---A MAC address as an integer, as in `eth.src`.
---@param text string
---@return integer
function net.mac(text) end

---A network, as in `net.cidr "192.0.2.0/24"`, outside functions.
---@param text string
---@return luabpf.Network
function net.cidr(text) end

---Several networks as one, outside functions.
---@param texts string[]
---@return luabpf.Network
function net.cidrs(texts) end

return net
