-- tcpdump: greater 1000
return function(pkt)
  return #pkt >= 1000
end
