-- tcpdump: udp dst port 53
return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype == 0x0800 then
    if pkt:u8(23) ~= 17 or pkt:u16(20) & 0x1fff ~= 0 then return false end
    return pkt:u16((pkt:u8(14) & 15) * 4 + 16) == 53
  end
  return ethertype == 0x86dd and pkt:u8(20) == 17 and pkt:u16(56) == 53
end
