-- TCP segments and UDP datagrams whose checksum is wrong, over all of their payload and the pseudo-header of IPv4 or IPv6.
-- A loop as long as the packet says is what a verifier likes least (xdp-project/xdp-tutorial#153).
local bytes, net = require "bytes", require "net"

return function(pkt)
  local ip, tcp, udp = pkt.ip or pkt.ipv6, pkt.tcp, pkt.udp
  local header = tcp or udp
  if not header or udp and pkt.ip and udp.checksum == 0 then return false end -- over IPv4, 0 says that there is none
  local start = header.offset
  local length = header.payload + header.payload_len - start
  if start + length > pkt.caplen then return false end
  local pseudo = bytes.pseudo(pkt, ip, tcp and net.proto.tcp or net.proto.udp, length)
  return bytes.checksum(pkt, start, start + length, pseudo) ~= 0
end

--@test captures/odd.pcap accepts 1-3
--@test captures/mixed.pcap accepts 0
