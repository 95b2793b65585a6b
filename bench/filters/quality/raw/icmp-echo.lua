-- tcpdump: icmp[icmptype] = icmp-echo
return function(pkt)
  if pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 1 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  return pkt:u8((pkt:u8(14) & 15) * 4 + 14) == 8
end
