-- New connections: SYN without ACK, over IPv4 or IPv6, behind up to four VLAN tags. A verdict that is a number says
-- how many bytes to keep: here the headers, but at least 64 bytes and at most 128.
return function(pkt)
  local tcp = pkt.tcp
  if tcp and tcp.flags.syn and not tcp.flags.ack then
    return math.max(64, math.min(tcp.payload, 128))
  end
end

--@test captures/mixed.pcap accepts 29
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0034 cf00 4000 4006 7f35 c000 020a c633 6450 9c41 0050 cb21 da89 0000 0000 8002 faf0 4555 0000 0204 05b4 0402 0103 0307 0101" returns 66
--@test hex "0200 0000 0001 0200 0000 0002 0800 4600 0038 c0c5 4000 4006 f867 c000 020a c633 6450 9404 0000 9c50 0050 8a93 3949 0000 0000 8002 faf0 2715 0000 0204 05b4 0402 0103 0307 0101" returns 70
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 0034 1abd 4000 4006 3379 c633 6450 c000 020a 0050 9c41 b6f0 8401 cb21 da8a 8012 faf0 0a52 0000 0204 05b4 0402 0103 0307 0101" rejects
