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

--@test captures/mixed.pcap accepts 220
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0034 cf00 4000 4006 7f35 c000 020a c633 6450 9c41 0050 cb21 da89 0000 0000 8002 faf0 4555 0000 0204 05b4 0402 0103 0307 0101" returns 256
--@test hex "0200 0000 0003 0200 0000 0002 0800 4500 0034 8a41 4000 4006 2c64 c000 020a c000 0214 9c48 0016 1518 289a 0000 0000 8002 faf0 15f1 0000 0204 05b4 0402 0103 0307 0101" returns 96
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 003d 0920 4000 4011 3350 c000 020a cb00 7135 c893 0035 0029 b789 1bad 0100 0001 0000 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 1c00 01" returns 65535
--@test hex "ffff ffff ffff 0200 0000 0002 0806 0001 0800 0604 0001 0200 0000 0002 c000 020a 0000 0000 0000 c000 0201" rejects
