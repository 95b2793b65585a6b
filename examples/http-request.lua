-- The packet in which an HTTP request begins: its method stands where TCP's data starts. On any port, over IPv4 or
-- IPv6, behind VLAN tags, IP options, extension headers and TCP options.
local wanted = { GET = true, HEAD = true, POST = true }

return function(pkt)
  local http = pkt.http
  return http and wanted[http.method]
end

--@test captures/mixed.pcap accepts 28,32,42,52,90,96,152,190,224,241
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0083 1919 4000 4006 34ce c000 020a c633 6450 9c41 0050 cb21 da8a b6f0 8402 8018 faf0 472f 0000 0101 080a 0000 0403 0000 039f 4745 5420" wirelen 145 accepts
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 0028 22b9 4000 4006 2b89 c633 6450 c000 020a 0050 9c41 b6f0 8402 cb21 dad9 5010 faf0 4ad5 0000" rejects
