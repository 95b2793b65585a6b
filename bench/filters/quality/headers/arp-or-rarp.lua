-- tcpdump: arp or rarp
return function(pkt)
  local eth = pkt.eth
  return eth and (eth.type == 0x0806 or eth.type == 0x8035)
end
