-- What IP carries: TCP and UDP, behind IPv4's options and IPv6's extension headers.

local ip = require "ip"
local M = {}

-- Stands for a protocol where there is none: no byte has it.
local NONE = 0x100

-- IPv6 extension headers by number (IANA). All but two say in their second byte how many further 8 bytes they have.
local is_extension = {
  [0] = true,   -- hop-by-hop options
  [43] = true,  -- routing
  [44] = true,  -- fragment: 8 bytes
  [51] = true,  -- authentication header: counts 32-bit words, less 2
  [60] = true,  -- destination options
  [135] = true, -- mobility
  [139] = true, -- host identity protocol
  [140] = true, -- shim6
}
local FRAGMENT, AUTHENTICATION = 44, 51

-- The protocol behind up to 32 extension headers, and where it starts; `protocol` is that of the header at `at`. None
-- behind a later fragment's header, and where one is cut off.
local function behind_extensions(pkt, protocol, at)
  if is_extension[protocol] then
    for _ = 1, 32 do
      if at + 8 > pkt.caplen then
        protocol = NONE
        break
      end
      local length = 8
      if protocol == FRAGMENT then
        if pkt:u16(at + 2) & 0xfff8 ~= 0 then
          protocol = NONE
          break
        end
      elseif protocol == AUTHENTICATION then
        length = pkt:u8(at + 1) * 4 + 8
      else
        length = pkt:u8(at + 1) * 8 + 8
      end
      protocol = pkt:u8(at)
      at = at + length
      if not is_extension[protocol] then break end
    end
  end
  return protocol, at
end

-- The protocol over IP, and where it starts; none on a later fragment.
function M.protocol(pkt)
  local v4 = pkt.ip
  if v4 then
    if pkt:u16(v4.offset + 6) & 0x1fff ~= 0 then return NONE, 0 end
    return v4.proto, v4.payload
  end
  local v6 = ip.ipv6(pkt)
  if not v6 then return NONE, 0 end
  return behind_extensions(pkt, pkt:u8(v6 + 6), v6 + 40)
end

-- A data offset of 5 words or more, in the upper half of its byte.
function M.tcp(pkt)
  local protocol, at = M.protocol(pkt)
  if protocol == 6 and at + 20 <= pkt.caplen and pkt:u8(at + 12) >= 0x50 then return at end
  return nil
end

function M.udp(pkt)
  local protocol, at = M.protocol(pkt)
  if protocol == 17 and at + 8 <= pkt.caplen and pkt:u16(at + 4) >= 8 then return at end
  return nil
end

return M
