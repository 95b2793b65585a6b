-- Tunnels: headers behind which a packet stands again, and where it does. Of `inner_…` the first result is where that
-- packet starts, or nil; the second, where it can be of two kinds, is 0 for Ethernet and 1 for IP.

local transport = require "transport"
local M = {}

local IPV4, IPV6, ETHERNET = 0x0800, 0x86dd, 0x6558

-- Whether an IP packet of this version, or of any where it is 0, can start here.
local function is_ip(pkt, at, version)
  if at >= pkt.caplen then return false end
  local first = pkt:u8(at) >> 4
  return first == version or version == 0 and (first == 4 or first == 6)
end

-- What an EtherType of GRE and Geneve announces: Ethernet (0x6558, transparent Ethernet bridging), IPv4, IPv6.
local function announced(pkt, ethertype, at)
  if ethertype == ETHERNET then return at, 0 end
  if ethertype == IPV4 and is_ip(pkt, at, 4) or ethertype == IPV6 and is_ip(pkt, at, 6) then return at, 1 end
  return nil, 0
end

-- IP in IP (RFC 2003), 6in4 (RFC 4213), and both in IPv6 (RFC 2473): protocols 4 and 41.
local function inner(pkt)
  local protocol, at = transport.protocol(pkt)
  if protocol == 4 and is_ip(pkt, at, 4) or protocol == 41 and is_ip(pkt, at, 6) then return at end
  return nil
end

function M.inner_ip(pkt) return inner(pkt) end

function M.inner_ipv6(pkt) return inner(pkt) end

function M.gre(pkt)
  local protocol, at = transport.protocol(pkt)
  if protocol == 47 and at + 4 <= pkt.caplen then return at end
  return nil
end

-- Behind the fields that the flags announce: checksum (with an offset, which routing has too), key, sequence number,
-- and the acknowledgment of version 1 (RFC 2637), four bytes each.
function M.payload_gre(pkt)
  local at = M.gre(pkt)
  if not at then return 0 end
  local flags = pkt:u16(at)
  local size = 4
  if flags & 0xc000 ~= 0 then size = size + 4 end
  if flags & 0x2000 ~= 0 then size = size + 4 end
  if flags & 0x1000 ~= 0 then size = size + 4 end
  if flags & 0x0080 ~= 0 then size = size + 4 end
  return at + size
end

-- Version 0 without routing (RFC 2784, RFC 2890), all of its fields captured.
function M.inner_gre(pkt)
  local at = M.gre(pkt)
  if not at or pkt:u16(at) & 0x4007 ~= 0 then return nil, 0 end
  local payload = M.payload_gre(pkt)
  if payload > pkt.caplen then return nil, 0 end
  return announced(pkt, pkt:u16(at + 2), payload)
end

-- What UDP carries to a port, where so many bytes of it are captured.
local function over_udp(pkt, port, size)
  local udp = pkt.udp
  if udp and udp.dstport == port and udp.payload + size <= pkt.caplen then return udp.payload end
  return nil
end

function M.vxlan(pkt) return over_udp(pkt, 4789, 8) end

-- The flag I says that there is a network identifier, without which it is no VXLAN (RFC 7348 section 5).
function M.inner_vxlan(pkt)
  local at = M.vxlan(pkt)
  if at and pkt:u8(at) & 8 ~= 0 then return at + 8 end
  return nil
end

function M.geneve(pkt)
  local at = over_udp(pkt, 6081, 8)
  if at and pkt:u8(at) >> 6 == 0 then return at end
  return nil
end

function M.payload_geneve(pkt)
  local at = M.geneve(pkt)
  if not at then return 0 end
  return at + 8 + (pkt:u8(at) & 63) * 4
end

function M.inner_geneve(pkt)
  local at = M.geneve(pkt)
  if not at then return nil, 0 end
  local payload = M.payload_geneve(pkt)
  if payload > pkt.caplen then return nil, 0 end
  return announced(pkt, pkt:u16(at + 2), payload)
end

-- Version 1, and GTP, not GTP'.
function M.gtpu(pkt)
  local at = over_udp(pkt, 2152, 8)
  if at and pkt:u8(at) >> 4 == 3 then return at end
  return nil
end

-- Where the payload starts, and whether it does: behind the optional fields and up to 32 extension headers (3GPP TS
-- 29.281 section 5.2), of which the last byte says which one comes next. None may be empty, lest they never end.
local function behind_gtpu(pkt, at)
  local flags = pkt:u8(at)
  if flags & 7 == 0 then return at + 8, true end
  if at + 12 > pkt.caplen then return at + 12, false end
  local next, to = pkt:u8(at + 11), at + 12
  if flags & 4 == 0 then return to, true end
  for _ = 1, 32 do
    if next == 0 or to >= pkt.caplen then break end
    local length = pkt:u8(to) * 4
    if length == 0 or to + length > pkt.caplen then break end
    to = to + length
    next = pkt:u8(to - 1)
  end
  return to, next == 0
end

function M.payload_gtpu(pkt)
  local at = M.gtpu(pkt)
  if not at then return 0 end
  local payload = behind_gtpu(pkt, at)
  return payload
end

-- A G-PDU (message 255) carries a user's packet.
function M.inner_gtpu(pkt)
  local at = M.gtpu(pkt)
  if not at or pkt:u8(at + 1) ~= 255 then return nil end
  local payload, is_whole = behind_gtpu(pkt, at)
  if is_whole and is_ip(pkt, payload, 0) then return payload end
  return nil
end

return M
