-- tcpdump: ether broadcast
return function(pkt)
  return pkt:u32(2) == 0xffffffff and pkt:u16(0) == 0xffff
end
