-- tcpdump: tcp dst port 22
-- tcpdump looks at untagged frames only, and over IPv6 only where no extension header stands before TCP.
return function(pkt)
  local tcp = pkt.tcp
  return tcp and not pkt.vlan and (pkt.ip or tcp.offset == 54) and tcp.dstport == 22
end
