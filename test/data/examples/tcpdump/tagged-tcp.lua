-- tcpdump: vlan 10 and tcp
local tag = { [0x8100] = true, [0x88a8] = true, [0x9100] = true }

return function(pkt)
  if not tag[pkt:u16(12)] or pkt:u16(14) & 0xfff ~= 10 then return false end
  local ethertype = pkt:u16(16)
  if ethertype == 0x0800 then return pkt:u8(27) == 6 end
  if ethertype ~= 0x86dd then return false end
  local nxt = pkt:u8(24)
  return nxt == 6 or nxt == 44 and pkt:u8(58) == 6
end
