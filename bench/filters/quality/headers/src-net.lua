-- tcpdump: src net 10.0.0.0/8
return function(pkt)
  local ip = pkt.ip
  return ip and ip.src >> 24 == 10
end
