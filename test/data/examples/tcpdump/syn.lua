-- tcpdump: tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0
return function(pkt)
  if pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return nil end
  return pkt:u8(14 + ((pkt:u8(14) & 15) << 2) + 13) & 0x12 == 2
end
