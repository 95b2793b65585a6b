-- Behind a loop its condition was taken to be false.
-- packet 20: 0000000000000000000000000000000000000000
return function(pkt)
  local h, n = pkt.eth, 0
  repeat n = n + 1 until n > 2 or h
  return h
end
