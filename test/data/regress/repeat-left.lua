-- A repeat whose condition is never reached could not be compiled.
-- packet 0: 
local function pick(a)
  repeat
    goto out
    local done = a
  until done
  ::out::
end
return function(pkt)
  return pick(1)
end
