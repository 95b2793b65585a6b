-- tcpdump: tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  if not ip or not tcp or tcp.srcport ~= 80 and tcp.dstport ~= 80 then return false end
  return ip.len - ip.hdr_len - tcp.hdr_len ~= 0
end
