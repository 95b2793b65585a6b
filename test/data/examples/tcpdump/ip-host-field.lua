-- tcpdump: ip src host 192.0.2.10
return function(pkt)
  local ip = pkt.ip
  return ip and not pkt.vlan and ip.src == 0xc000020a
end
