/** The modules in this folder, by name: written by scripts/make-modules.mjs. */
export const moduleTexts = {
  bytes: `-- Bytes of the packet: the Internet checksum (RFC 1071), its update where a field is changed (RFC 1624), searches.
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
-- is \`ip\` or \`ipv6\`, the protocol, and how long what it carries is.
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

-- \`pkt:find\` and \`pkt:starts\` as functions, from the first byte where no offset is said.
function M.find(pkt, text, from, to)
  return pkt:find(text, from or 0, to or pkt.caplen)
end

function M.starts(pkt, text, at)
  return pkt:starts(at or 0, text)
end

return M
`,
  dns: `-- DNS (RFC 1035) and multicast DNS (RFC 6762): over UDP, and over TCP behind two bytes of length where a segment starts.

local segment = require "segment"
local M = {}

local function is_port(port) return port == 53 or port == 5353 end

-- Where the message starts, and where what is there of it ends.
local function message(pkt)
  local udp = pkt.udp
  if udp then
    if is_port(udp.srcport) or is_port(udp.dstport) then
      return udp.payload, math.min(udp.offset + udp.length, pkt.caplen)
    end
    return nil, 0
  end
  local tcp = pkt.tcp
  if tcp and (tcp.srcport == 53 or tcp.dstport == 53) then
    local at, stop = segment.payload(pkt)
    if at + 2 > stop then return nil, 0 end
    return at + 2, math.min(at + 2 + pkt:u16(at), stop)
  end
  return nil, 0
end

function M.dns(pkt)
  local at, stop = message(pkt)
  if at and at + 12 <= stop then return at end
  return nil
end

-- The first question's name and how long it is with its last byte, a chain of labels. A name that is compressed is none:
-- before it there is nothing that it could point to.
function M.name(pkt)
  local first, stop = message(pkt)
  if not first or first + 12 > stop or pkt:u16(first + 4) == 0 then return nil, 0 end
  first = first + 12
  local at, size = first, 1
  for _ = 1, 128 do
    if at >= stop then break end
    size = pkt:u8(at)
    if size > 63 then break end
    at = at + 1 + size
    if size == 0 then break end
  end
  if size ~= 0 or at - first > 255 then return nil, 0 end
  return first, at - first
end

function M.has_name(pkt) return M.name(pkt) ~= nil end

local function behind_name(pkt, plus)
  local at, length = M.name(pkt)
  local _, stop = message(pkt)
  if at and at + length + plus + 2 <= stop then return pkt:u16(at + length + plus) end
  return nil
end

function M.qtype(pkt) return behind_name(pkt, 0) end

function M.qclass(pkt) return behind_name(pkt, 2) end

-- Whether the name is this one, given as it stands in messages.
function M.is(pkt, name)
  local at, length = M.name(pkt)
  return at ~= nil and length == #name and pkt:starts_nocase(at, name)
end

-- Whether it ends with this one where a label begins.
function M.is_below(pkt, name)
  local at, length = M.name(pkt)
  if not at or length < #name then return false end
  local start = at + length - #name
  if not pkt:starts_nocase(start, name) then return false end
  for _ = 1, 127 do
    if at >= start then break end
    at = at + 1 + pkt:u8(at)
  end
  return at == start
end

return M
`,
  ethernet: `-- Packets that start with an Ethernet header (LINKTYPE_ETHERNET). Like each module of a link type it finds what stands
-- before the network header, and says which network header that is: \`network\` gives its EtherType and its offset.

local tags = require "tags"
local M = {}

local NONE = 0x10000

function M.eth(pkt)
  if pkt.caplen >= 14 then return 0 end
  return nil
end

-- The outermost tag; it starts behind its EtherType.
function M.vlan(pkt)
  if pkt.caplen >= 18 and tags.announced_by(pkt:u16(12)) then return 14 end
  return nil
end

function M.network(pkt)
  if pkt.caplen < 14 then return NONE, 0 end
  return tags.behind(pkt, pkt:u16(12), 14)
end

return M
`,
  http: `-- HTTP/1 (RFC 9112) by its looks, whatever the port: a request or a response where a TCP segment's payload starts.

local segment = require "segment"
local M = {}

-- Where what is there of a segment's payload ends.
local function stop_of(pkt)
  local _, stop = segment.payload(pkt)
  return stop
end

-- How long the method of a request is that starts there, 0 for none: those of RFC 9110, and PATCH.
local function method_length(pkt, at)
  local length = 0
  if pkt:starts(at, "GET ") or pkt:starts(at, "PUT ") then length = 3
  elseif pkt:starts(at, "POST ") or pkt:starts(at, "HEAD ") then length = 4
  elseif pkt:starts(at, "TRACE ") or pkt:starts(at, "PATCH ") then length = 5
  elseif pkt:starts(at, "DELETE ") then length = 6
  elseif pkt:starts(at, "OPTIONS ") or pkt:starts(at, "CONNECT ") then length = 7 end
  if at + length >= stop_of(pkt) then return 0 end
  return length
end

-- Where a request starts, and its method's length; 0 twice where there is none.
local function request(pkt)
  local at = segment.payload(pkt)
  local length = method_length(pkt, at)
  if length == 0 then return 0, 0 end
  return at, length
end

function M.http(pkt)
  local at, length = request(pkt)
  if length > 0 then return at end
  local start, stop = segment.payload(pkt)
  if start + 7 <= stop and pkt:starts(start, "HTTP/1.") then return start end
  return nil
end

function M.method(pkt)
  local at, length = request(pkt)
  if length == 0 then return nil end
  return pkt:bytes(at, length)
end

-- What stands between the method and the next space; nil where that space is not there.
function M.path(pkt)
  local at, length = request(pkt)
  if length == 0 then return nil end
  local start = at + length + 1
  local stop = pkt:find(" ", start, stop_of(pkt))
  if not stop then return nil end
  local line = pkt:find("\\r\\n", start, stop)
  if line then return nil end
  return pkt:bytes(start, stop - start)
end

function M.path_starts(pkt, text)
  local at, length = request(pkt)
  if length == 0 then return false end
  local start = at + length + 1
  return start + #text <= stop_of(pkt) and pkt:starts(start, text)
end

-- The three digits of a response.
function M.status(pkt)
  local at = M.http(pkt)
  if not at or at + 12 > stop_of(pkt) or not pkt:starts(at, "HTTP/1.") then return nil end
  local a, b, c = pkt:u8(at + 9) - 48, pkt:u8(at + 10) - 48, pkt:u8(at + 11) - 48
  if pkt:u8(at + 8) ~= 32 or a < 0 or a > 9 or b < 0 or b > 9 or c < 0 or c > 9 then return nil end
  return math.max(a * 100 + b * 10 + c, 0)
end

-- The value of a request's Host among its first 128 lines, and how long it is without spaces around it; 0 twice where it
-- is not there, or not all of it.
local function host_place(pkt)
  local at, length = request(pkt)
  if length == 0 then return 0, 0 end
  local stop = stop_of(pkt)
  local from, to = 0, 0
  for _ = 1, 128 do
    local line = pkt:find("\\r\\n", at, stop)
    if not line then break end
    at = line + 2
    if pkt:starts(at, "\\r\\n") then break end
    if pkt:starts_nocase(at, "host:") then
      local behind = pkt:find("\\r\\n", at, stop)
      if behind then from, to = at + 5, behind end
      break
    end
  end
  for _ = from, to - 1 do
    local byte = pkt:u8(from)
    if byte ~= 32 and byte ~= 9 then break end
    from = from + 1
  end
  for _ = from, to - 1 do
    local byte = pkt:u8(to - 1)
    if byte ~= 32 and byte ~= 9 then break end
    to = to - 1
  end
  return from, to - from
end

function M.host(pkt)
  local at, length = host_place(pkt)
  if length == 0 then return nil end
  return pkt:bytes(at, length)
end

-- Whether the host, without its port, is this name or below it, letters of either case being the same.
function M.is_below(pkt, name)
  local at, length = host_place(pkt)
  local colon = pkt:find(":", at, at + length)
  if colon then length = colon - at end
  return segment.is_below(pkt, at, length, name)
end

return M
`,
  ip: `-- IPv4 (RFC 791) and IPv6 (RFC 8200). \`link\` is the module of the packet's link type.

local link = require "link"
local M = {}

local IPV4, IPV6 = 0x0800, 0x86dd

-- Version 4, and a header length of 5 words or more: 0x45 to 0x4f. The total length is not judged, since segmentation
-- by hardware leaves it 0.
function M.ip(pkt)
  local ethertype, at = link.network(pkt)
  if ethertype == IPV4 and at + 20 <= pkt.caplen then
    local first = pkt:u8(at)
    if first >= 0x45 and first <= 0x4f then return at end
  end
  return nil
end

function M.ipv6(pkt)
  local ethertype, at = link.network(pkt)
  if ethertype == IPV6 and at + 40 <= pkt.caplen and pkt:u8(at) >> 4 == 6 then return at end
  return nil
end

-- Where what the network header carries ends, by its length field. A length of 0 says nothing, nor does what is no IP:
-- then that is the end of the packet on the wire.
function M.ends(pkt)
  local start, length = 0, 0
  local v4 = M.ip(pkt)
  if v4 then
    start, length = v4, pkt:u16(v4 + 2)
  else
    local v6 = M.ipv6(pkt)
    if v6 then start, length = v6 + 40, pkt:u16(v6 + 4) end
  end
  if length == 0 then return #pkt end
  return start + length
end

return M
`,
  raw: `-- Packets that start with an IPv4 or IPv6 header, told apart by their version (LINKTYPE_RAW).

local M = {}

local IPV4, IPV6, NONE = 0x0800, 0x86dd, 0x10000

function M.eth(pkt) return nil end

function M.vlan(pkt) return nil end

function M.network(pkt)
  if pkt.caplen >= 1 then
    local version = pkt:u8(0) >> 4
    if version == 4 then return IPV4, 0 end
    if version == 6 then return IPV6, 0 end
  end
  return NONE, 0
end

return M
`,
  raw4: `-- Packets that start with an IPv4 header (LINKTYPE_IPV4); whether it is one, \`ip\` looks.

local M = {}

function M.eth(pkt) return nil end

function M.vlan(pkt) return nil end

function M.network(pkt) return 0x0800, 0 end

return M
`,
  raw6: `-- Packets that start with an IPv6 header (LINKTYPE_IPV6); whether it is one, \`ipv6\` looks.

local M = {}

function M.eth(pkt) return nil end

function M.vlan(pkt) return nil end

function M.network(pkt) return 0x86dd, 0 end

return M
`,
  segment: `-- What TCP carries, as far as it is captured, and names of hosts in it.

local ip = require "ip"
local M = {}

-- Where a segment's payload starts, and where what is there of it ends; 0 twice where there is no segment.
function M.payload(pkt)
  local tcp = pkt.tcp
  if not tcp then return 0, 0 end
  return tcp.payload, math.min(ip.ends(pkt), pkt.caplen)
end

-- Whether so many bytes are this name of a host or one below it, letters of either case being the same.
function M.is_below(pkt, at, length, name)
  local start = at + length - #name
  if length < #name or not pkt:starts_nocase(start, name) then return false end
  return start == at or pkt:u8(start - 1) == 46
end

return M
`,
  tags: `-- VLAN tags (IEEE 802.1Q, 802.1ad): four bytes that stand before an EtherType, each announced by an EtherType itself.

local M = {}

-- Stands for an EtherType where there is none: no two bytes have it.
local NONE = 0x10000

-- 802.1Q, 802.1ad, and the 0x9100 of older QinQ gear, as libpcap's \`vlan\` has it.
function M.announced_by(ethertype)
  return ethertype == 0x8100 or ethertype == 0x88a8 or ethertype == 0x9100
end

-- The EtherType behind up to 4 tags, and where its packet starts: \`ethertype\` stands just before \`at\`. That of a tag
-- where there are more, and none where one is cut off.
function M.behind(pkt, ethertype, at)
  if M.announced_by(ethertype) then
    for _ = 1, 4 do
      if at + 4 > pkt.caplen then
        ethertype = NONE
        break
      end
      ethertype = pkt:u16(at + 2)
      at = at + 4
      if not M.announced_by(ethertype) then break end
    end
  end
  return ethertype, at
end

return M
`,
  tls: `-- TLS (RFC 8446, RFC 5246) by its looks, whatever the port: a record where a TCP segment's payload starts.

local segment = require "segment"
local M = {}

local HANDSHAKE, CLIENT_HELLO = 22, 1
local SERVER_NAME, ALPN = 0, 16

-- A record of a known type, version 3.0 to 3.4, of a length that RFC 5246 allows. Only a record of data may be empty.
function M.tls(pkt)
  local at, stop = segment.payload(pkt)
  if at + 5 > stop then return nil end
  local kind, version, length = pkt:u8(at), pkt:u16(at + 1), pkt:u16(at + 3)
  if kind < 20 or kind > 23 or version < 0x0300 or version > 0x0304 then return nil end
  if length > 16384 + 2048 or length == 0 and kind ~= 23 then return nil end
  return at
end

-- Where what is there of the first record ends.
local function record_end(pkt, at)
  local _, stop = segment.payload(pkt)
  return math.min(at + 5 + pkt:u16(at + 3), stop)
end

-- The type of the handshake message that the first record starts with. One that is encrypted looks like any.
function M.handshake_type(pkt)
  local at = M.tls(pkt)
  if at and pkt:u8(at) == HANDSHAKE and at + 6 <= record_end(pkt, at) then return pkt:u8(at + 5) end
  return nil
end

-- The extensions of a ClientHello, and where what is there of them in its first record ends; 0 twice for none.
local function extensions(pkt)
  local record = M.tls(pkt)
  if not record or M.handshake_type(pkt) ~= CLIENT_HELLO then return 0, 0 end
  local stop = record_end(pkt, record)
  if record + 44 > stop then return 0, 0 end
  stop = math.min(stop, record + 9 + (pkt:u8(record + 6) << 16 | pkt:u16(record + 7)))
  local at = record + 43 -- behind record, handshake, version and random
  if at + 1 > stop then return 0, 0 end
  at = at + 1 + pkt:u8(at) -- session
  if at + 2 > stop then return 0, 0 end
  at = at + 2 + pkt:u16(at) -- cipher suites
  if at + 1 > stop then return 0, 0 end
  at = at + 1 + pkt:u8(at) -- compression methods
  if at + 2 > stop then return 0, 0 end
  return at + 2, math.min(at + 2 + pkt:u16(at), stop)
end

-- The content of the first extension of a type among the first 256, and where it ends; 0 twice where it is not there, or
-- not all of it.
local function extension(pkt, wanted)
  local at, stop = extensions(pkt)
  local from, to = 0, 0
  for _ = 1, 256 do
    if at + 4 > stop then break end
    local length = pkt:u16(at + 2)
    if pkt:u16(at) == wanted then
      if at + 4 + length <= stop then from, to = at + 4, at + 4 + length end
      break
    end
    at = at + 4 + length
  end
  return from, to
end

-- The server's name (RFC 6066 section 3): a list whose first entry is a host name.
local function server_name(pkt)
  local at, stop = extension(pkt, SERVER_NAME)
  if at + 5 > stop or pkt:u8(at + 2) ~= 0 then return 0, 0 end
  local length = pkt:u16(at + 3)
  if length == 0 or at + 5 + length > stop then return 0, 0 end
  return at + 5, length
end

function M.sni(pkt)
  local at, length = server_name(pkt)
  if length == 0 then return nil end
  return pkt:bytes(at, length)
end

-- Whether the server's name is this one or below it, letters of either case being the same.
function M.is_below(pkt, name)
  local at, length = server_name(pkt)
  return segment.is_below(pkt, at, length, name)
end

-- The first protocol that the client offers (RFC 7301).
function M.alpn(pkt)
  local at, stop = extension(pkt, ALPN)
  if at + 3 > stop then return nil end
  local length = pkt:u8(at + 2)
  if length == 0 or at + 3 + length > stop then return nil end
  return pkt:bytes(at + 3, length)
end

-- Whether a protocol is among the first 64 that it offers.
function M.has_alpn(pkt, protocol)
  local at, stop = extension(pkt, ALPN)
  local has = false
  at = at + 2
  for _ = 1, 64 do
    if at >= stop then break end
    local length = pkt:u8(at)
    if at + 1 + length > stop then break end
    if length == #protocol and pkt:starts(at + 1, protocol) then
      has = true
      break
    end
    at = at + 1 + length
  end
  return has
end

return M
`,
  transport: `-- What IP carries: TCP and UDP, behind IPv4's options and IPv6's extension headers.

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

-- The protocol behind up to 32 extension headers, and where it starts; \`protocol\` is that of the header at \`at\`. None
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
`,
  tunnels: `-- Tunnels: headers behind which a packet stands again, and where it does. Of \`inner_â¦\` the first result is where that
-- packet starts, or nil; the second, where it can be of two kinds, is 0 for Ethernet and 1 for IP.

local transport = require "transport"
local M = {}

local IPV4, IPV6, ETHERNET = 0x0800, 0x86dd, 0x6558

-- Whether an IP packet of this version, or of any where it is 0, can start here.
local function is_ip(pkt, at, version)
  if at >= pkt.caplen then return false end
  local first = pkt:u8(at) >> 4
  return first == version or version == 0 and (first == 4 or first == 6)
end

-- What an EtherType of GRE and Geneve announces: Ethernet (0x6558, transparent Ethernet bridging), IPv4, IPv6.
local function announced(pkt, ethertype, at)
  if ethertype == ETHERNET then return at, 0 end
  if ethertype == IPV4 and is_ip(pkt, at, 4) or ethertype == IPV6 and is_ip(pkt, at, 6) then return at, 1 end
  return nil, 0
end

-- IP in IP (RFC 2003), 6in4 (RFC 4213), and both in IPv6 (RFC 2473): protocols 4 and 41.
local function inner(pkt)
  local protocol, at = transport.protocol(pkt)
  if protocol == 4 and is_ip(pkt, at, 4) or protocol == 41 and is_ip(pkt, at, 6) then return at end
  return nil
end

function M.inner_ip(pkt) return inner(pkt) end

function M.inner_ipv6(pkt) return inner(pkt) end

function M.gre(pkt)
  local protocol, at = transport.protocol(pkt)
  if protocol == 47 and at + 4 <= pkt.caplen then return at end
  return nil
end

-- Behind the fields that the flags announce: checksum (with an offset, which routing has too), key, sequence number,
-- and the acknowledgment of version 1 (RFC 2637), four bytes each.
function M.payload_gre(pkt)
  local at = M.gre(pkt)
  if not at then return 0 end
  local flags = pkt:u16(at)
  local size = 4
  if flags & 0xc000 ~= 0 then size = size + 4 end
  if flags & 0x2000 ~= 0 then size = size + 4 end
  if flags & 0x1000 ~= 0 then size = size + 4 end
  if flags & 0x0080 ~= 0 then size = size + 4 end
  return at + size
end

-- Version 0 without routing (RFC 2784, RFC 2890), all of its fields captured.
function M.inner_gre(pkt)
  local at = M.gre(pkt)
  if not at or pkt:u16(at) & 0x4007 ~= 0 then return nil, 0 end
  local payload = M.payload_gre(pkt)
  if payload > pkt.caplen then return nil, 0 end
  return announced(pkt, pkt:u16(at + 2), payload)
end

-- What UDP carries to a port, where so many bytes of it are captured.
local function over_udp(pkt, port, size)
  local udp = pkt.udp
  if udp and udp.dstport == port and udp.payload + size <= pkt.caplen then return udp.payload end
  return nil
end

function M.vxlan(pkt) return over_udp(pkt, 4789, 8) end

-- The flag I says that there is a network identifier, without which it is no VXLAN (RFC 7348 section 5).
function M.inner_vxlan(pkt)
  local at = M.vxlan(pkt)
  if at and pkt:u8(at) & 8 ~= 0 then return at + 8 end
  return nil
end

function M.geneve(pkt)
  local at = over_udp(pkt, 6081, 8)
  if at and pkt:u8(at) >> 6 == 0 then return at end
  return nil
end

function M.payload_geneve(pkt)
  local at = M.geneve(pkt)
  if not at then return 0 end
  return at + 8 + (pkt:u8(at) & 63) * 4
end

function M.inner_geneve(pkt)
  local at = M.geneve(pkt)
  if not at then return nil, 0 end
  local payload = M.payload_geneve(pkt)
  if payload > pkt.caplen then return nil, 0 end
  return announced(pkt, pkt:u16(at + 2), payload)
end

-- Version 1, and GTP, not GTP'.
function M.gtpu(pkt)
  local at = over_udp(pkt, 2152, 8)
  if at and pkt:u8(at) >> 4 == 3 then return at end
  return nil
end

-- Where the payload starts, and whether it does: behind the optional fields and up to 32 extension headers (3GPP TS
-- 29.281 section 5.2), of which the last byte says which one comes next. None may be empty, lest they never end.
local function behind_gtpu(pkt, at)
  local flags = pkt:u8(at)
  if flags & 7 == 0 then return at + 8, true end
  if at + 12 > pkt.caplen then return at + 12, false end
  local next, to = pkt:u8(at + 11), at + 12
  if flags & 4 == 0 then return to, true end
  for _ = 1, 32 do
    if next == 0 or to >= pkt.caplen then break end
    local length = pkt:u8(to) * 4
    if length == 0 or to + length > pkt.caplen then break end
    to = to + length
    next = pkt:u8(to - 1)
  end
  return to, next == 0
end

function M.payload_gtpu(pkt)
  local at = M.gtpu(pkt)
  if not at then return 0 end
  local payload = behind_gtpu(pkt, at)
  return payload
end

-- A G-PDU (message 255) carries a user's packet.
function M.inner_gtpu(pkt)
  local at = M.gtpu(pkt)
  if not at or pkt:u8(at + 1) ~= 255 then return nil end
  local payload, is_whole = behind_gtpu(pkt, at)
  if is_whole and is_ip(pkt, payload, 0) then return payload end
  return nil
end

return M
`,
} as const satisfies Readonly<Record<string, string>>;
