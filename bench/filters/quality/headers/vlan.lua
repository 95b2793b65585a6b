-- tcpdump: vlan 10
return function(pkt)
  local vlan = pkt.vlan
  return vlan and vlan.id == 10
end
