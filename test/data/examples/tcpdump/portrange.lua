-- tcpdump: ip and portrange 40000-40010
local with_ports = { [6] = true, [17] = true, [132] = true }

return function(pkt)
  if pkt:u16(12) ~= 0x0800 or not with_ports[pkt:u8(23)] or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local l4 = 14 + 4 * (pkt:u8(14) & 15)
  local src = pkt:u16(l4)
  if 40000 <= src and src <= 40010 then return true end
  local dst = pkt:u16(l4 + 2)
  return 40000 <= dst and dst <= 40010
end
