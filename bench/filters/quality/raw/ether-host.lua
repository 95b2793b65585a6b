-- tcpdump: ether host 02:00:00:00:00:03
return function(pkt)
  return pkt:u32(8) == 3 and pkt:u16(6) == 0x0200 or pkt:u32(2) == 3 and pkt:u16(0) == 0x0200
end
