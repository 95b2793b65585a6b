-- A call on the right of `or` may store: what was known before it is not known behind it.
-- packet 34 writable: 00000000000000000000000008004500000000000000000000000000000000000000
local function tag(pkt)
  for i = 0, 1 do pkt:set_u8(12 + i, i + 5) end
  return nil
end
return function(pkt)
  local ip = pkt.ip
  local none = pkt.udp or tag(pkt)
  return none == nil and pkt.ip == nil and pkt:u16(12)
end
