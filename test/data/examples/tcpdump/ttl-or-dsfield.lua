-- tcpdump: ip[8] < 64 or ip[1] != 0
return function(pkt)
  return pkt:u16(12) == 0x0800 and (pkt:u8(22) < 64 or pkt:u8(15) ~= 0)
end
