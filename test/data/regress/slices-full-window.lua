-- rejected: too-complex: rejected
-- packet 30: 
local all = { 1, 1, 1, 1 }
local function pick(pkt, a, b, h)
  return pkt:u16le(1), pkt:bytes(1, 2) == pkt:bytes(6, 2)
end
return function(pkt)
  local k = #pkt
  for m1, each in ipairs(all) do
    m1 = (pkt.ip and 1 or (pick(pkt, k, pkt.caplen, pkt.udp))) == m1
  end
end
