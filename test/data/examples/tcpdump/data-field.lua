-- tcpdump: tcp and ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0
-- Without a tag and over IPv4, which are the packets whose bytes that expression reads.
return function(pkt)
  return not pkt.vlan and pkt.ip and pkt.tcp and pkt.tcp.payload_len > 0
end
