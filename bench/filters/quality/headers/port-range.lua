-- tcpdump: tcp portrange 1-1023
return function(pkt)
  local tcp = pkt.tcp
  return tcp and (tcp.srcport >= 1 and tcp.srcport <= 1023 or tcp.dstport >= 1 and tcp.dstport <= 1023)
end
