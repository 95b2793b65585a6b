-- tcpdump: tcp portrange 1-1023
return function(pkt)
  local ethertype = pkt:u16(12)
  local at = 54
  if ethertype == 0x86dd then
    if pkt:u8(20) ~= 6 then return false end
  else
    if ethertype ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
    at = (pkt:u8(14) & 15) * 4 + 14
  end
  local src = pkt:u16(at)
  if src >= 1 and src <= 1023 then return true end
  local dst = pkt:u16(at + 2)
  return dst >= 1 and dst <= 1023
end
