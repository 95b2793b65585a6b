-- tcpdump: tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420
return function(pkt)
  if pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(14) & 15) * 4
  return pkt:u32(((pkt:u8(header + 26) & 0xf0) >> 2) + header + 14) == 0x47455420
end
