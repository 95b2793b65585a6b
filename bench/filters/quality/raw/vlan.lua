-- tcpdump: vlan 10
return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype ~= 0x8100 and ethertype ~= 0x88a8 and ethertype ~= 0x9100 then return false end
  return pkt:u16(14) & 0xfff == 10
end
