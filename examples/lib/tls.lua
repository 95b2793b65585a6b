-- What a TLS ClientHello says before anything is encrypted (RFC 8446 4.1.2).
local M = { HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_NAME = 0 }

-- Whether a ClientHello starts at `o`.
function M.is_hello(pkt, o)
  return o + 6 <= pkt.caplen and pkt:u8(o) == M.HANDSHAKE and pkt:u8(o + 5) == M.CLIENT_HELLO
end

-- The name of the server that a ClientHello at `o` asks for (RFC 6066 3), as its offset and length; nil if there is none,
-- or it is in a packet behind.
function M.server_name(pkt, o)
  o = o + 43 -- record, handshake, version, random
  if o >= pkt.caplen then return nil, 0 end
  o = o + 1 + pkt:u8(o) -- session
  if o + 2 > pkt.caplen then return nil, 0 end
  o = o + 2 + pkt:u16(o) -- cipher suites
  if o >= pkt.caplen then return nil, 0 end
  o = o + 1 + pkt:u8(o) + 2 -- compression methods, length of the extensions
  while o + 9 <= pkt.caplen do
    local kind, len = pkt:u16(o), pkt:u16(o + 2)
    if kind == M.SERVER_NAME then
      local size = pkt:u16(o + 7)
      if o + 9 + size > pkt.caplen then return nil, 0 end
      return o + 9, size
    end
    o = o + 4 + len
  end
  return nil, 0
end

return M
