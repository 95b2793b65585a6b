-- tcpdump: arp[6:2] = 2
return function(pkt)
  return pkt:u16(12) == 0x0806 and pkt:u16(20) == 2
end
