-- tcpdump: host 192.0.2.10
local arp = { [0x0806] = true, [0x8035] = true }
local host = 0xc000020a

return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype == 0x0800 then return pkt:u32(26) == host or pkt:u32(30) == host end
  return arp[ethertype] and (pkt:u32(28) == host or pkt:u32(38) == host)
end
