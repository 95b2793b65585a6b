-- tcpdump: vlan 100
local tag = { [0x8100] = true, [0x88a8] = true, [0x9100] = true }

return function(pkt)
  return tag[pkt:u16(12)] and pkt:u16(14) & 0xfff == 100
end
