-- tcpdump: tcp port 80
return function(pkt)
  local tcp = pkt.tcp
  return tcp and (tcp.srcport == 80 or tcp.dstport == 80)
end
