-- tcpdump: ip and (dst net 10.1.0.0/16 or dst net 192.168.0.0/16) and tcp
return function(pkt)
  local ip = pkt.ip
  if not ip or ip.proto ~= 6 then return false end
  local net = ip.dst >> 16
  return net == 0x0a01 or net == 0xc0a8
end
