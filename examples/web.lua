-- TCP to or from a web server, over IPv4 or IPv6, behind VLAN tags or not.
local web = { [80] = true, [443] = true, [8080] = true }

return function(pkt)
  local tcp = pkt.tcp
  return tcp and (web[tcp.srcport] or web[tcp.dstport])
end
