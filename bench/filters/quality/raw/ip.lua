-- tcpdump: ip
return function(pkt) return pkt:u16(12) == 0x0800 end
