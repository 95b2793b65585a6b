-- W3: the TCP options hold a timestamp
return function(pkt)
  if pkt.caplen < 34 or pkt:u16(12) ~= 0x0800 or pkt:u8(23) ~= 6 or pkt:u16(20) & 0x1fff ~= 0 then return false end
  local header = (pkt:u8(14) & 15) * 4
  if header < 20 or header + 34 > pkt.caplen then return false end
  local words = pkt:u8(header + 26) >> 4
  local at = header + 34
  local stop = math.min(header + 14 + words * 4, pkt.caplen)
  -- A turn takes one option; what is left of 40 bytes cannot hold more.
  for _ = 1, 40 do
    if at >= stop then return false end
    local kind = pkt:u8(at)
    if kind == 0 then return false end
    if kind == 1 then
      at = at + 1
    else
      if at + 1 >= stop then return false end
      local length = pkt:u8(at + 1)
      if length < 2 or at + length > stop then return false end
      if kind == 8 then return true end
      at = at + length
    end
  end
  return false
end
