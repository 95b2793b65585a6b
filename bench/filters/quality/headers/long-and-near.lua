-- tcpdump: len > 100 and ip[8] < 64
return function(pkt) return #pkt > 100 and pkt.ip and pkt.ip.ttl < 64 end
