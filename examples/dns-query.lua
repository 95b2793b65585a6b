-- DNS queries with one question, as every resolver sends them. What else comes to port 53 (answers, updates, tunnels
-- that do not look like a query) is left out. Over IPv4 or IPv6, tagged or not, behind extension headers too.
local HEADER = 12
local SHORTEST_QUESTION = 5 -- the root's empty name, type, class

return function(pkt)
  local udp = pkt.udp
  if not udp or udp.dstport ~= 53 then return false end
  local dns = udp.payload
  if udp.length < 8 + HEADER + SHORTEST_QUESTION or dns + HEADER > pkt.caplen then return false end

  local answer_or_opcode = pkt:u16(dns + 2) & 0xf800 -- 0: a question, and an ordinary one
  local questions, answers = pkt:u16(dns + 4), pkt:u16(dns + 6)
  return answer_or_opcode == 0 and questions == 1 and answers == 0
end

--@test captures/mixed.pcap accepts 15,17,19,21,173,211,213,248,267
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 003d 9daf 4000 4011 9ec0 c000 020a cb00 7135 cf7c 0035 0029 06e0 e06d 0100 0001 0000 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 0100 01" accepts
--@test hex "ffff ffff ffff 0200 0000 0002 0806 0001 0800 0604 0001 0200 0000 0002 c000 020a 0000 0000 0000 c000 0201" rejects
