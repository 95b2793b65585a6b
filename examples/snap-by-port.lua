-- How much to keep of a packet depends on what it carries: all of DNS and mail, the start of web traffic, the headers
-- of a shell, nothing of the rest. tcpdump has one snapshot length for a whole capture.
local keep = {
  [22] = 96,
  [25] = 0xffff,
  [53] = 0xffff,
  [80] = 256,
  [443] = 256,
}

return function(pkt)
  local l4 = pkt.tcp or pkt.udp
  return l4 and (keep[l4.srcport] or keep[l4.dstport])
end
