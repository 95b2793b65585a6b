-- tcpdump: len > 100 and ip[8] < 64
return function(pkt) return #pkt > 100 and pkt:u16(12) == 0x0800 and pkt:u8(22) < 64 end
