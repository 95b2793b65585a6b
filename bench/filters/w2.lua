-- W2: IPv4 to one of two networks, TCP, to one of 20 ports
local ports = {
  [22] = true, [25] = true, [53] = true, [80] = true, [110] = true, [143] = true, [179] = true, [389] = true,
  [443] = true, [445] = true, [636] = true, [993] = true, [995] = true, [3306] = true, [3389] = true,
  [5432] = true, [6379] = true, [8080] = true, [8443] = true, [9200] = true,
}

return function(pkt)
  if pkt:u16(12) ~= 0x0800 then return false end
  local net = pkt:u16(30)
  if net ~= 0x0a01 and net ~= 0xc0a8 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  return ports[pkt:u16((pkt:u8(14) & 15) * 4 + 16)]
end
