-- A function that only code without a way to it calls was linked, which the validator refuses.
-- packet 2: 0000
local function mix(pkt, a, b)
  local x, y = a * 3 + b, b * 5 - a
  for i = 1, 3 do if pkt:u8(i) == x then return i, y end end
  return (x ~ y) + a, x
end
return function(pkt)
  do return 1 end
  local p, q = mix(pkt, 1, 2)
  return p + mix(pkt, q, 4)
end
