-- tcpdump: tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
return function(pkt)
  local tcp = pkt.tcp
  return tcp and tcp.flags.value & 3 ~= 0
end
