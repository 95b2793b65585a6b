-- Web traffic in VXLAN, of one virtual network: `inner` is a packet again, with all that `pkt` has, tunnels of its own
-- among it. In a tcpdump expression the offsets of what a tunnel carries are counted by hand.
local net = require "net"
local customers = net.cidr "10.0.0.0/8"

local function is_web(p)
  local ip, tcp = p.ip, p.tcp
  return ip and customers:contains(ip.src) and tcp and (tcp.dstport == 80 or tcp.dstport == 443)
end

return function(pkt)
  local vxlan = pkt.vxlan
  local inner = vxlan and vxlan.vni == 4096 and vxlan.inner
  return inner and is_web(inner)
end

--@test captures/odd.pcap accepts 1
--@test hex "0000 5e00 5302 0000 5e00 5301 0800 4500 005a 0000 0000 4011 f653 c000 020a c000 0235 c350 12b5 0046 bf21 0800 0000 0010 0000 0000 5e00 5302 0000 5e00 5301 0800 4500 0028 0000 0000 4006 66ce 0a00 0001 0a00 0002 0457 0050 0000 0000 0000 0000 5002 faf0 9c48 0000" accepts
--@test hex "0000 5e00 5302 0000 5e00 5301 0800 4500 005a 0000 0000 4011 f653 c000 020a c000 0235 c350 12b5 0046 bf21 0800 0000 0010 0100 0000 5e00 5302 0000 5e00 5301 0800 4500 0028 0000 0000 4006 66ce 0a00 0001 0a00 0002 0457 0050 0000 0000 0000 0000 5002 faf0 9c48 0000" rejects
