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
