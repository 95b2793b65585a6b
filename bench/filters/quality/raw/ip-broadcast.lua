-- tcpdump: ip broadcast
return function(pkt)
  if pkt:u16(12) ~= 0x0800 then return false end
  local dst = pkt:u32(30)
  return dst == 0 or dst == 0xffffffff
end
