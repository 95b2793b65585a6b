-- Bytes of the packet: the Internet checksum (RFC 1071), its update where a field is changed (RFC 1624), searches.
local M = {}

-- A ones' complement sum in 16 bits, however many carries it has gathered.
local function folded(sum)
  sum = (sum >> 32) + (sum & 0xffffffff)
  sum = (sum >> 16) + (sum & 0xffff)
  sum = (sum >> 16) + (sum & 0xffff)
  return (sum >> 16) + (sum & 0xffff)
end

-- The ones' complement sum of the 16-bit words from one offset to another, and of a sum from before. A last odd byte
-- is the upper half of a word. Words of 32 bits have the same sum, since 2^16 counts as 1.
function M.sum(pkt, from, to, start)
  local length = #pkt:bytes(from, to - from)
  local sum = start or 0
  for at = 0, length - 8, 8 do
    local word = pkt:u64(from + at)
    sum = sum + (word >> 32) + (word & 0xffffffff)
  end
  local at = from + (length & ~7)
  if length & 4 ~= 0 then
    sum = sum + pkt:u32(at)
    at = at + 4
  end
  if length & 2 ~= 0 then
    sum = sum + pkt:u16(at)
    at = at + 2
  end
  if length & 1 ~= 0 then sum = sum + (pkt:u8(at) << 8) end
  return folded(sum)
end

-- What a checksum field says of these bytes; 0 where they hold a right one.
function M.checksum(pkt, from, to, start)
  return M.sum(pkt, from, to, start) ~ 0xffff
end

-- The sum of the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293, RFC 8200 section 8.1): the addresses of a header, which
-- is `ip` or `ipv6`, the protocol, and how long what it carries is.
function M.pseudo(pkt, ip, proto, length)
  local at, size = ip.offset + 12, 8
  if ip.version == 6 then at, size = ip.offset + 8, 32 end
  return M.sum(pkt, at, at + size, proto + length)
end

-- A checksum where 16 bits that it covers have become others: equation 3 of RFC 1624.
function M.update(checksum, old, new)
  return folded((~checksum & 0xffff) + (~old & 0xffff) + (new & 0xffff)) ~ 0xffff
end

-- The same of 32 bits at an even offset: an address, a sequence number.
function M.update32(checksum, old, new)
  return M.update(M.update(checksum, old >> 16, new >> 16), old, new)
end

-- `pkt:find` and `pkt:starts` as functions, from the first byte where no offset is said.
function M.find(pkt, text, from, to)
  return pkt:find(text, from or 0, to or pkt.caplen)
end

function M.starts(pkt, text, at)
  return pkt:starts(at or 0, text)
end

return M
