-- The sign of a folded remainder is the divisor's.
-- packet 1: 00
return function(pkt)
  return -7 % 3
end
