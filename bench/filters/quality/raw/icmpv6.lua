-- tcpdump: icmp6 and ip6[40] != 128
return function(pkt)
  if pkt:u16(12) ~= 0x86dd then return false end
  local nxt = pkt:u8(20)
  return (nxt == 58 or nxt == 44 and pkt:u8(54) == 58) and pkt:u8(54) ~= 128
end
