-- W5: the DNS question has more than 3 labels, or one of more than 20 bytes
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
  if ethertype ~= 0x0800 or l3 + 20 > caplen then return false end
  if pkt:u8(l3 + 9) ~= 17 or pkt:u16(l3 + 6) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(l3) & 15) * 4
  local l4 = l3 + header
  if header < 20 or l4 + 20 > caplen then return false end
  if pkt:u16(l4) ~= 53 and pkt:u16(l4 + 2) ~= 53 or pkt:u16(l4 + 12) == 0 then return false end
  local at = l4 + 20
  for labels = 1, 4 do
    if at >= caplen then return false end
    local length = pkt:u8(at)
    if length == 0 or length > 63 then return false end
    if length > 20 or labels > 3 then return true end
    at = at + length + 1
  end
  return false
end
