-- tcpdump: arp or rarp
return function(pkt)
  local ethertype = pkt:u16(12)
  return ethertype == 0x0806 or ethertype == 0x8035
end
