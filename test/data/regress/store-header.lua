-- Behind a store headers are looked for anew.
-- packet 34 writable: 00000000000000000000000008004500000000000000000000000000000000000000
return function(pkt)
  local ip = pkt.ip
  if not ip then return 1 end
  pkt:set_u8(14, 0x60)
  return pkt.ip == nil and 2
end
