-- Port scans: the packets of senders that have tried more than four ports of one host. What has been tried is remembered
-- for the 65,536 ports and 4,096 pairs of hosts that were heard of last.
local state = require "state"
local tried = state.hash(65536, 3)
local ports = state.hash(4096, 2)
local limit = 4

return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  if not ip or not tcp or not tcp.flags.syn or tcp.flags.ack then return false end
  if tried:add(ip.src, ip.dst, tcp.dstport, 1) > 1 then return ports:get(ip.src, ip.dst) > limit end
  return ports:add(ip.src, ip.dst, 1) > limit
end

--@test captures/mixed.pcap accepts 288,290,292,294
--@test hex "ffff ffff ffff 0200 0000 0002 0806 0001 0800 0604 0001 0200 0000 0002 c000 020a 0000 0000 0000 c000 0201" rejects
