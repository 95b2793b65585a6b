-- Of a number that is at most 5, 5 is possible.
-- packet 1: 05
return function(pkt)
  local n = pkt:u8(0)
  if n <= 5 then return n == 5 and 1 or 2 end
  return 9
end
