-- The counter of a loop whose variable is set to nil was taken for nil.
-- packet 2: 0000
return function(pkt)
  for j = -2, 1, 3 do
    j = pkt:i8(j)
    j = nil
  end
end
