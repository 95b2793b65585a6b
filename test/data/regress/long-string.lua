-- The ends of lines in a long string were not read as newlines.
-- packet 5: 610a620a63
return function(pkt)
  local s = [[
a
bc]]
  return pkt:bytes(0, 5) == s and #s
end
