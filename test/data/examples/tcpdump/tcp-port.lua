-- tcpdump: ip and tcp port 80
return function(pkt)
  if pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local l4 = 14 + (pkt:u8(14) & 15) * 4
  return pkt:u16(l4) == 80 or pkt:u16(l4 + 2) == 80
end
