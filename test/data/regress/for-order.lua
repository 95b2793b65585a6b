-- What the limit of a `for` prints was missing where the start is nil, which was looked at too early.
-- packet 2: 0000
local function say(x) print(x) return x end
return function(pkt)
  local first = nil
  if pkt:u8(0) == 1 then first = 1 end
  for i = first, say(3) do print(i) end
  return true
end
