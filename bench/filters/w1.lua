-- W1: TCP from or to port 80, as tcpdump's `tcp port 80` means it
return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype == 0x86dd then
    return pkt:u8(20) == 6 and (pkt:u16(54) == 80 or pkt:u16(56) == 80)
  end
  if ethertype ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(14) & 15) * 4
  return pkt:u16(header + 14) == 80 or pkt:u16(header + 16) == 80
end
