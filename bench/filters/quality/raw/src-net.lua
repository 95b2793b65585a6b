-- tcpdump: src net 10.0.0.0/8
return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype == 0x0800 then return pkt:u32(26) & 0xff000000 == 0x0a000000 end
  return (ethertype == 0x0806 or ethertype == 0x8035) and pkt:u32(28) & 0xff000000 == 0x0a000000
end
