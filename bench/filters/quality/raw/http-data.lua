-- tcpdump: tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
return function(pkt)
  if pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(14) & 15) * 4
  if pkt:u16(header + 14) ~= 80 and pkt:u16(header + 16) ~= 80 then return false end
  return pkt:u16(16) - header - ((pkt:u8(header + 26) & 0xf0) >> 2) ~= 0
end
