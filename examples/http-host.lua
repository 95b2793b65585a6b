-- HTTP requests to one host, whatever the port: `luabpf run --set host=www.example.com …`. The name may be followed by a
-- port, and the host's subdomains count too.
local args = require "args"
local host = args.host or "www.example.com"

return function(pkt)
  local http = pkt.http
  return http and http:is_below(host)
end

--@test captures/mixed.pcap accepts 28,32,42,52,90,96,152,190,224,241
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0083 1919 4000 4006 34ce c000 020a c633 6450 9c41 0050 cb21 da8a b6f0 8402 8018 faf0 472f 0000 0101 080a 0000 0403 0000 039f 4745 5420 2f20 4854 5450 2f31 2e31 0d0a 486f 7374 3a20 7777 772e 6578 616d 706c 652e 636f 6d0d 0a55 7365 722d 4167 656e 743a 2065 7861 6d70 6c65 2f31 2e30 0d0a 4163 6365 7074 3a20 2a2f 2a0d 0a0d 0a" accepts
--@test hex "ffff ffff ffff 0200 0000 0002 0806 0001 0800 0604 0001 0200 0000 0002 c000 020a 0000 0000 0000 c000 0201" rejects
