-- A search that fails gave no value under stock Lua, where it is nil.
-- packet 1: 00
return function(pkt)
  print(1, pkt:find("GET", 1))
end
