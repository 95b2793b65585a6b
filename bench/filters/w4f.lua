-- W4 by a search: the payload of TCP or UDP contains "attack"
local tags = { [0x8100] = true, [0x88a8] = true }

return function(pkt)
  local caplen = pkt.caplen
  if caplen < 14 then return false end
  local ethertype, l3 = pkt:u16(12), 14
  if tags[ethertype] then
    if caplen < 18 then return false end
    ethertype, l3 = pkt:u16(16), 18
    if tags[ethertype] then
      if caplen < 22 then return false end
      ethertype, l3 = pkt:u16(20), 22
    end
  end
  local proto, l4 = 0, 0
  if ethertype == 0x0800 then
    if l3 + 20 > caplen or pkt:u16(l3 + 6) & 0x1fff ~= 0 then return false end
    proto = pkt:u8(l3 + 9)
    local header = (pkt:u8(l3) & 15) * 4
    if header < 20 then return false end
    l4 = l3 + header
  elseif ethertype == 0x86dd then
    if l3 + 40 > caplen then return false end
    proto, l4 = pkt:u8(l3 + 6), l3 + 40
  end
  if proto == 17 then return l4 + 8 <= caplen and pkt:find("attack", l4 + 8) ~= nil end
  if proto ~= 6 or l4 + 20 > caplen then return false end
  local header = (pkt:u8(l4 + 12) >> 4) * 4
  return header >= 20 and pkt:find("attack", l4 + header) ~= nil
end
