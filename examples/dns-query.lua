-- DNS queries with one question, as every resolver sends them. What else comes to port 53 (answers, updates, tunnels
-- that do not look like a query) is left out. Over IPv4 or IPv6, tagged or not, behind extension headers too.
return function(pkt)
  local dns, udp = pkt.dns, pkt.udp
  if not dns or not udp or udp.dstport ~= 53 then return false end
  local is_question = not dns.flags.response and dns.flags.opcode == 0
  return is_question and dns.count.queries == 1 and dns.count.answers == 0
end

--@test captures/mixed.pcap accepts 15,17,19,21,173,211,213,248,267
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 003d 9daf 4000 4011 9ec0 c000 020a cb00 7135 cf7c 0035 0029 06e0 e06d 0100 0001 0000 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 0100 01" accepts
--@test hex "ffff ffff ffff 0200 0000 0002 0806 0001 0800 0604 0001 0200 0000 0002 c000 020a 0000 0000 0000 c000 0201" rejects
