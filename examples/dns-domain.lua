-- DNS queries for a domain and what is below it. A name is a chain of labels, each behind its length; wherever one begins,
-- the rest may be the domain. The loop ends with the captured bytes at the latest, whatever the lengths say.
local domain = "\7example\3com\0"

local function is_below(pkt, o)
  while o < pkt.caplen do
    if pkt:starts(o, domain) then return true end
    local size = pkt:u8(o)
    if size == 0 or size > 63 then return false end -- the end, or a compressed name, which no query has
    o = o + 1 + size
  end
  return false
end

return function(pkt)
  local udp = pkt.udp
  return udp and udp.dstport == 53 and is_below(pkt, udp.payload + 12)
end

--@test captures/mixed.pcap accepts 15,17,19,173,211,213,248,267
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 003d 9daf 4000 4011 9ec0 c000 020a cb00 7135 cf7c 0035 0029 06e0 e06d 0100 0001 0000 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 0100 01" accepts
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 004d dd2f 4000 4011 5f30 cb00 7135 c000 020a 0035 cf7c 0039 c352 e06d 8180 0001 0001 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 0100 01c0 0c00 0100 0100 0001 2c00 04c6 3364 50" rejects
