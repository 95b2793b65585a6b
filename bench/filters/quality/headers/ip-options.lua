-- tcpdump: ip[0] & 0xf > 5
return function(pkt)
  local ip = pkt.ip
  return ip and ip.hdr_len > 20
end
