-- Frames whose last captured byte is 0. To read the last byte of a packet, eBPF's verifier wants a loop over all of them
-- that finds it (xdp-project/xdp-tutorial#218).
return function(pkt)
  local last = pkt.caplen - 1
  return last >= 0 and pkt:u8(last) == 0
end

--@test captures/mixed.pcap accepts 95
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 0028 22b9 4000 4006 2b89 c633 6450 c000 020a 0050 9c41 b6f0 8402 cb21 dad9 5010 faf0 4ad5 0000" accepts
--@test hex "0200 0000 0001 0200 0000 0003 0800 4600 002c 4273 4000 4011 76b1 c000 0214 c633 6450 9404 0000 1388 1389 0014 9f8b 726f 7574 6572 2061 6c65 7274" rejects
