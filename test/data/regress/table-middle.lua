-- A key in the middle of a table is found.
-- packet 1: 09
local t = { [1] = 1, [5] = 2, [9] = 3, [13] = 4, [17] = 5 }
return function(pkt)
  return t[pkt:u8(0)]
end
