-- W2 with header fields
local ports = {
  [22] = true, [25] = true, [53] = true, [80] = true, [110] = true, [143] = true, [179] = true, [389] = true,
  [443] = true, [445] = true, [636] = true, [993] = true, [995] = true, [3306] = true, [3389] = true,
  [5432] = true, [6379] = true, [8080] = true, [8443] = true, [9200] = true,
}

return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  if not ip or not tcp then return false end
  local net = ip.dst >> 16
  return (net == 0x0a01 or net == 0xc0a8) and ports[tcp.dstport]
end
