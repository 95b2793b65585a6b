-- The packet in which an HTTP request begins: its method stands where TCP's data starts. On any port, over IPv4 or
-- IPv6, behind VLAN tags, IP options, extension headers and TCP options: the place is computed, not assumed.
local method = {
  [0x47455420] = true, -- "GET "
  [0x48454144] = true, -- "HEAD"
  [0x504f5354] = true, -- "POST"
}

return function(pkt)
  local tcp = pkt.tcp
  if not tcp then return false end
  local data = tcp.payload
  -- A read past the captured bytes would be an error, and reject the packet too; a test says that it is meant.
  return data + 4 <= pkt.caplen and method[pkt:u32(data)]
end
