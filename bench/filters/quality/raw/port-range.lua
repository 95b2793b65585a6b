-- tcpdump: tcp portrange 1-1023
local function reserved(port) return port >= 1 and port <= 1023 end

return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype == 0x86dd then
    return pkt:u8(20) == 6 and (reserved(pkt:u16(54)) or reserved(pkt:u16(56)))
  end
  if ethertype ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(14) & 15) * 4
  return reserved(pkt:u16(header + 14)) or reserved(pkt:u16(header + 16))
end
