-- tcpdump: ip and (dst net 10.1.0.0/16 or dst net 192.168.0.0/16) and tcp
return function(pkt)
  if pkt:u16(12) ~= 0x0800 then return false end
  local net = pkt:u32(30) & 0xffff0000
  return (net == 0x0a010000 or net == 0xc0a80000) and pkt:u8(23) == 6
end
