-- tcpdump: ether multicast
return function(pkt)
  local eth = pkt.eth
  return eth and eth.dst >> 40 & 1 == 1
end
