-- tcpdump: ip
return function(pkt) return pkt.ip end
