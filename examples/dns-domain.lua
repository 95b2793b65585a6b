-- DNS queries for a domain and what is below it, over UDP and TCP, in capital or small letters.
return function(pkt)
  local dns = pkt.dns
  return dns and not dns.flags.response and dns:is_below("example.com")
end

--@test captures/mixed.pcap accepts 15,17,19,173,211,213,248,267
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 003d 9daf 4000 4011 9ec0 c000 020a cb00 7135 cf7c 0035 0029 06e0 e06d 0100 0001 0000 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 0100 01" accepts
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 004d dd2f 4000 4011 5f30 cb00 7135 c000 020a 0035 cf7c 0039 c352 e06d 8180 0001 0001 0000 0000 0377 7777 0765 7861 6d70 6c65 0363 6f6d 0000 0100 01c0 0c00 0100 0100 0001 2c00 04c6 3364 50" rejects
