-- W2 with header fields
local net = require "net"
local office, home = net.cidr "10.1.0.0/16", net.cidr "192.168.0.0/16"
local ports = {
  [22] = true, [25] = true, [53] = true, [80] = true, [110] = true, [143] = true, [179] = true, [389] = true,
  [443] = true, [445] = true, [636] = true, [993] = true, [995] = true, [3306] = true, [3389] = true,
  [5432] = true, [6379] = true, [8080] = true, [8443] = true, [9200] = true,
}

return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  if not ip or not tcp then return false end
  return (office:contains(ip.dst) or home:contains(ip.dst)) and ports[tcp.dstport]
end
