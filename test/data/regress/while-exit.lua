-- Behind a loop the condition of its turns was taken to hold.
-- packet 0: 
return function(pkt)
  local h = pkt.ip
  local n = 0
  while n < 4 and h do n = 1 end
  return h
end
