-- Frames with two VLAN tags (QinQ): the outer one a provider's, the inner one a customer's, each from a set of its
-- own. In a tcpdump expression every `vlan` moves the offsets of all that stands right of it; here nothing moves.
local provider = { [100] = true, [101] = true, [102] = true }
local customer = { [10] = true, [30] = true }
local is_tag = { [0x8100] = true, [0x88a8] = true, [0x9100] = true }

return function(pkt)
  local outer = pkt.vlan
  if not outer or not provider[outer.id] or not is_tag[outer.etype] then return false end
  local inner = outer.payload
  return inner + 4 <= pkt.caplen and customer[pkt:u16(inner) & 0xfff]
end
