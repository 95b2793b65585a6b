-- W4: the payload of TCP or UDP contains "attack", byte by byte
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
  local payload = 0
  if proto == 17 then
    payload = l4 + 8
    if payload > caplen then return false end
  else
    if proto ~= 6 or l4 + 20 > caplen then return false end
    local header = (pkt:u8(l4 + 12) >> 4) * 4
    if header < 20 then return false end
    payload = l4 + header
  end
  for at = payload, caplen - 6 do
    if
      pkt:u8(at) == 0x61 and pkt:u8(at + 1) == 0x74 and pkt:u8(at + 2) == 0x74
      and pkt:u8(at + 3) == 0x61 and pkt:u8(at + 4) == 0x63 and pkt:u8(at + 5) == 0x6b
    then
      return true
    end
  end
  return false
end
