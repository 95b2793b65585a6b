-- IPv4 and IPv6 packets from or to any of a list of networks: a tree that takes as long for ten as four steps, for a
-- thousand as ten. For `host a or host b or …` with 1,000 hosts tcpdump takes most of a minute to compile a chain
-- (the-tcpdump-group/libpcap#1255).
local net = require "net"
local listed = net.cidrs {
  "192.0.2.20/32", "198.51.100.128/25", "203.0.113.0/28", "203.0.113.25/32", "203.0.113.64/27",
  "100.64.0.0/10", "2001:db8::20/128", "2001:db8:1::/48", "2001:db8:ff00::/40", "fe80::/10",
}

return function(pkt)
  local ip, ipv6 = pkt.ip, pkt.ipv6
  if ip then return listed:contains(ip.src) or listed:contains(ip.dst) end
  return ipv6 and (listed:contains(ipv6.src) or listed:contains(ipv6.dst))
end

--@test captures/mixed.pcap accepts 208
--@test hex "0200 0000 0003 0200 0000 0001 0800 4500 0028 0f68 4000 4006 3ed0 c633 6450 c000 0214 0050 9c46 a8ab d0aa 1872 14eb 5010 faf0 8501 0000" accepts
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 0028 22b9 4000 4006 2b89 c633 6450 c000 020a 0050 9c41 b6f0 8402 cb21 dad9 5010 faf0 4ad5 0000" rejects
