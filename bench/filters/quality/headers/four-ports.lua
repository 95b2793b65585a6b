-- tcpdump: port 22 or port 80 or port 443 or port 8080
local ports = { [22] = true, [80] = true, [443] = true, [8080] = true }

return function(pkt)
  local l4 = pkt.tcp or pkt.udp
  return l4 and (ports[l4.srcport] or ports[l4.dstport])
end
