-- tcpdump: tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420
return function(pkt)
  local tcp = pkt.tcp
  return tcp and pkt:starts(tcp.payload, "GET ")
end
