-- W1 with header fields: it also sees what is behind VLAN tags and extension headers
return function(pkt)
  local tcp = pkt.tcp
  return tcp and (tcp.srcport == 80 or tcp.dstport == 80)
end
