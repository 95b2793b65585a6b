-- tcpdump: ether host 02:00:00:00:00:03
return function(pkt)
  local eth = pkt.eth
  return eth and (eth.src == 0x020000000003 or eth.dst == 0x020000000003)
end
