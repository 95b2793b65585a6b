-- tcpdump: udp dst port 53
return function(pkt)
  local udp = pkt.udp
  return udp and udp.dstport == 53
end
