-- tcpdump: ip[2:2] - ((ip[0] & 0xf) << 2) > 200
-- pcap's arithmetic is unsigned and wraps at 32 bits.
return function(pkt)
  return pkt:u16(12) == 0x0800 and (pkt:u16(16) - ((pkt:u8(14) & 15) << 2)) & 0xffffffff > 200
end
