-- New connections: SYN without ACK, over IPv4 or IPv6, behind up to four VLAN tags. A verdict that is a number says
-- how many bytes to keep: here the headers, but at least 64 bytes and at most 128.
return function(pkt)
  local tcp = pkt.tcp
  if tcp and tcp.flags.syn and not tcp.flags.ack then
    return math.max(64, math.min(tcp.payload, 128))
  end
end
