-- tcpdump: port 22 or port 80 or port 443 or port 8080
local transports = { [6] = true, [17] = true, [132] = true }
local ports = { [22] = true, [80] = true, [443] = true, [8080] = true }

return function(pkt)
  local ethertype = pkt:u16(12)
  if ethertype == 0x86dd then
    return transports[pkt:u8(20)] and (ports[pkt:u16(54)] or ports[pkt:u16(56)])
  end
  if ethertype ~= 0x0800 or not transports[pkt:u8(23)] or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(14) & 15) * 4
  return ports[pkt:u16(header + 14)] or ports[pkt:u16(header + 16)]
end
