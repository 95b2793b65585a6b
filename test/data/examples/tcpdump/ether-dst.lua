-- tcpdump: ether dst 02:00:00:00:00:02
return function(pkt)
  return pkt:u32(2) == 2 and pkt:u16(0) == 0x0200
end
