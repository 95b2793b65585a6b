-- tcpdump: ether multicast
return function(pkt) return pkt:u8(0) & 1 ~= 0 end
