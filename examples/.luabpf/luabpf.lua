-- written by luabpf init, which writes it anew: do not edit
---@meta

---An IPv6 address: `==` and `~=`, keys of tables and hashes.
---@class luabpf.Address

---Ethernet II (IEEE 802.3): the frame header; nil on link types without one
---@class luabpf.eth
---@field offset integer where the header starts, in bytes from the start of the packet
---@field payload integer where what it carries starts
---@field dst integer destination address, a 48-bit integer
---@field src integer source address, a 48-bit integer
---@field type integer EtherType, or the length in an 802.3 frame

---VLAN tag (IEEE 802.1Q, 802.1ad): the outermost tag; it starts behind its EtherType (0x8100, 0x88a8 or 0x9100)
---@class luabpf.vlan
---@field offset integer where the header starts, in bytes from the start of the packet
---@field payload integer where what it carries starts
---@field priority integer priority code point
---@field dei boolean drop eligible indicator
---@field id integer VLAN identifier
---@field etype integer EtherType of what follows

---differentiated services (RFC 2474, RFC 3168)
---@class luabpf.ip.dsfield
---@field value integer the whole byte
---@field dscp integer code point
---@field ecn integer explicit congestion notification

---fragmentation flags
---@class luabpf.ip.flags
---@field value integer the three bits as a number
---@field rb boolean reserved bit
---@field df boolean don't fragment
---@field mf boolean more fragments

---IPv4 (RFC 791): behind up to 4 VLAN tags; version 4 and a header length of 20 bytes or more
---@class luabpf.ip
---@field offset integer where the header starts, in bytes from the start of the packet
---@field payload integer where what it carries starts
---@field payload_len integer how long that is by the length fields
---@field version integer always 4
---@field hdr_len integer header length in bytes
---@field len integer total length: header and payload, in bytes
---@field id integer identification
---@field frag_offset integer fragment offset in bytes
---@field ttl integer time to live
---@field proto integer protocol of the payload
---@field checksum integer header checksum
---@field src integer source address, a 32-bit integer
---@field dst integer destination address, a 32-bit integer
---@field dsfield luabpf.ip.dsfield differentiated services (RFC 2474, RFC 3168)
---@field flags luabpf.ip.flags fragmentation flags

---IPv6 (RFC 8200): behind up to 4 VLAN tags; version 6
---@class luabpf.ipv6
---@field offset integer where the header starts, in bytes from the start of the packet
---@field payload integer where what it carries starts
---@field version integer always 6
---@field flow integer flow label
---@field plen integer payload length: extension headers and what follows, in bytes
---@field nxt integer next header: the first extension header, or the protocol of the payload
---@field hlim integer hop limit
---@field src luabpf.Address source address
---@field dst luabpf.Address destination address

---control bits
---@class luabpf.tcp.flags
---@field value integer the twelve bits as a number
---@field ae boolean accurate ECN (formerly NS)
---@field cwr boolean congestion window reduced
---@field ece boolean ECN echo
---@field urg boolean urgent pointer is valid
---@field ack boolean acknowledgment number is valid
---@field push boolean push
---@field reset boolean reset
---@field syn boolean synchronize sequence numbers
---@field fin boolean no more data from the sender

---TCP (RFC 9293): over IPv4 or IPv6, behind IPv6 extension headers, not on a later fragment; a header length of 20 or more
---@class luabpf.tcp
---@field offset integer where the header starts, in bytes from the start of the packet
---@field payload integer where what it carries starts
---@field payload_len integer how long that is by the length fields
---@field srcport integer source port
---@field dstport integer destination port
---@field seq integer sequence number, as sent
---@field ack integer acknowledgment number, as sent
---@field hdr_len integer header length in bytes
---@field window_size_value integer window, unscaled
---@field checksum integer checksum
---@field urgent_pointer integer urgent pointer
---@field flags luabpf.tcp.flags control bits

---UDP (RFC 768): over IPv4 or IPv6, behind IPv6 extension headers, not on a later fragment; a length field of 8 or more
---@class luabpf.udp
---@field offset integer where the header starts, in bytes from the start of the packet
---@field payload integer where what it carries starts
---@field payload_len integer how long that is by the length fields
---@field srcport integer source port
---@field dstport integer destination port
---@field length integer header and payload, in bytes
---@field checksum integer checksum; 0 over IPv4: none

---A packet, as a filter gets it. `#pkt` is its length on the wire.
---@class luabpf.Packet
---@operator len: integer
---@field caplen integer bytes captured
---@field time integer when it was captured: nanoseconds since 1970
---@field eth luabpf.eth? Ethernet II (IEEE 802.3): the frame header; nil on link types without one
---@field vlan luabpf.vlan? VLAN tag (IEEE 802.1Q, 802.1ad): the outermost tag; it starts behind its EtherType (0x8100, 0x88a8 or 0x9100)
---@field ip luabpf.ip? IPv4 (RFC 791): behind up to 4 VLAN tags; version 4 and a header length of 20 bytes or more
---@field ipv6 luabpf.ipv6? IPv6 (RFC 8200): behind up to 4 VLAN tags; version 6
---@field tcp luabpf.tcp? TCP (RFC 9293): over IPv4 or IPv6, behind IPv6 extension headers, not on a later fragment; a header length of 20 or more
---@field udp luabpf.udp? UDP (RFC 768): over IPv4 or IPv6, behind IPv6 extension headers, not on a later fragment; a length field of 8 or more
local Packet = {}

---The 8 bits at offset `o`, unsigned; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u8(o) end

---The 8 bits at offset `o`, signed; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:i8(o) end

---The 16 bits at offset `o`, unsigned; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u16(o) end

---The 16 bits at offset `o`, unsigned, little-endian; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u16le(o) end

---The 16 bits at offset `o`, signed; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:i16(o) end

---The 16 bits at offset `o`, signed, little-endian; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:i16le(o) end

---The 32 bits at offset `o`, unsigned; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u32(o) end

---The 32 bits at offset `o`, unsigned, little-endian; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u32le(o) end

---The 32 bits at offset `o`, signed; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:i32(o) end

---The 32 bits at offset `o`, signed, little-endian; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:i32le(o) end

---The 64 bits at offset `o`, signed; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u64(o) end

---The 64 bits at offset `o`, signed, little-endian; outside the captured bytes an error.
---@param o integer
---@return integer
function Packet:u64le(o) end

---The `n` bytes at offset `o`.
---@param o integer
---@param n integer
---@return string
function Packet:bytes(o, n) end

---Where the constant `s` first stands within `from` to `to`, by default the end of what was captured.
---@param s string
---@param from integer
---@param to? integer
---@return integer?
function Packet:find(s, from, to) end

---Whether the constant `s` stands at offset `o`; false outside the captured bytes.
---@param o integer
---@param s string
---@return boolean
function Packet:starts(o, s) end

---Stores the low 8 bits of `v` at offset `o`, where the host allows it.
---@param o integer
---@param v integer
function Packet:set_u8(o, v) end

---Stores the low 16 bits of `v` at offset `o`, where the host allows it.
---@param o integer
---@param v integer
function Packet:set_u16(o, v) end

---Stores the low 32 bits of `v` at offset `o`, where the host allows it.
---@param o integer
---@param v integer
function Packet:set_u32(o, v) end

---What a filter's file returns: the verdict is how many bytes of the packet to keep.
---@alias luabpf.Filter fun(pkt: luabpf.Packet): any
