-- tcpdump: ip net 203.0.113.0/24
return function(pkt)
  if pkt:u16(12) ~= 0x0800 then return false end
  return pkt:u32(26) >> 8 == 0xcb0071 or pkt:u32(30) >> 8 == 0xcb0071
end
