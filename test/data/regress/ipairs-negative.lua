-- Negative entries of a list lost all but their highest bits.
-- packet 92 writable: 
local all = { -1, 1, 1, 1 }
return function(pkt)
  for i, each in ipairs(all) do
    print(1, each)
  end
end
