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

--@test captures/mixed.pcap accepts 183-210
--@test hex "0200 0000 0001 0200 0000 0002 88a8 0064 8100 000a 0800 4500 0034 57ff 4000 4006 f636 c000 020a c633 6450 9c4e 0050 58b3 4bbb 0000 0000 8002 faf0 4685 0000 0204 05b4 0402 0103 0307 0101" accepts
--@test hex "0200 0000 0004 0200 0000 0002 8100 600a 0800 4500 0034 9872 4000 4006 d443 c000 020a 0a01 0203 9c4b 238c 090a 46ec 0000 0000 8002 faf0 9644 0000 0204 05b4 0402 0103 0307 0101" rejects
