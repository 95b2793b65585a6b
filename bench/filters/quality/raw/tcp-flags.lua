-- tcpdump: tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
return function(pkt)
  if pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  return pkt:u8((pkt:u8(14) & 15) * 4 + 27) & 3 ~= 0
end
