-- tcpdump: ip[0] & 0xf > 5
return function(pkt) return pkt:u16(12) == 0x0800 and pkt:u8(14) & 0xf > 5 end
