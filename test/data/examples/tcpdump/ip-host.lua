-- tcpdump: ip host 192.0.2.20
local host = 192 << 24 | 0 << 16 | 2 << 8 | 20

return function(pkt)
  return pkt:u16(12) == 0x0800 and (pkt:u32(26) == host or pkt:u32(30) == host)
end
