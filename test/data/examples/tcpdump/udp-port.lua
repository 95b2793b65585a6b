-- tcpdump: udp port 53
return function(pkt)
  local ethertype, l4 = pkt:u16(12), 54
  if ethertype == 0x86dd then
    if pkt:u8(20) ~= 17 then return false end
  else
    if ethertype ~= 0x0800 or pkt:u8(23) ~= 17 or pkt:u16(20) & 0x1fff ~= 0 then return false end
    l4 = 14 + (pkt:u8(14) & 15) * 4
  end
  return pkt:u16(l4) == 53 or pkt:u16(l4 + 2) == 53
end
