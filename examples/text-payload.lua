-- UDP datagrams that are text: nine of ten bytes of the payload can be printed. A verifier that is shown a function called
-- inside a loop may lose count of the loop (microsoft/ebpf-for-windows#5317).
local function is_printable(byte)
  return byte >= 0x20 and byte < 0x7f or byte == 0x0a or byte == 0x0d or byte == 0x09
end

return function(pkt)
  local udp = pkt.udp
  if not udp or udp.payload_len == 0 then return false end
  local last = math.min(udp.payload + udp.payload_len, pkt.caplen) - 1
  local printable = 0
  for o = udp.payload, last do
    if is_printable(pkt:u8(o)) then printable = printable + 1 end
  end
  return printable * 10 >= udp.payload_len * 9
end

--@test captures/mixed.pcap accepts 1
--@test hex "0200 0000 0001 0200 0000 0003 0800 4600 002c 4273 4000 4011 76b1 c000 0214 c633 6450 9404 0000 1388 1389 0014 9f8b 726f 7574 6572 2061 6c65 7274" accepts
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 0028 22b9 4000 4006 2b89 c633 6450 c000 020a 0050 9c41 b6f0 8402 cb21 dad9 5010 faf0 4ad5 0000" rejects
