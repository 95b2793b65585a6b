-- tcpdump: ip broadcast
return function(pkt)
  local ip = pkt.ip
  return ip and (ip.dst == 0 or ip.dst == 0xffffffff)
end
