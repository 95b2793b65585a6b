-- TLS connections to one server, by the name that the client asks for: on any port, before anything is encrypted. Another
-- name is given by `luabpf run --set server=www.example.com …`.
local args = require "args"
local tls = require "lib.tls"
local server = args.server or "example.org"

return function(pkt)
  local tcp = pkt.tcp
  if not tcp or not tls.is_hello(pkt, tcp.payload) then return false end
  local at, size = tls.server_name(pkt, tcp.payload)
  return at and pkt:bytes(at, size) == server
end

--@test captures/mixed.pcap accepts 76-76
--@test hex "0200 0000 0001 0200 0000 0003 86dd 6001 3a30 0089 0640 2001 0db8 0000 0000 0000 0000 0000 0020 2001 0db8 0002 0000 0000 0000 0000 0080 9c45 01bb 6581 8366 4344 793c 8018 faf0 765e 0000 0101 080a 0000 0433 0000 03cf 1603 0100 6401 0000 6003 035c dd0a 3328 06f5 70f0 0bcb e679 6858 60f3 62a6 cc4a 4920 3269 52f7 8ebd 69aa 4800 0006 1301 1302 c02f 0100 0031 0000 0010 000e 0000 0b65 7861 6d70 6c65 2e6f 7267 000a 0006 0004 001d 0017 000d 0006 0004 0403 0804 002b 0005 0403 0403 03" accepts
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 00a1 c5a4 4000 4006 8824 c000 020a c633 6450 9c44 01bb 3f35 e388 6ec4 2ae4 8018 faf0 da49 0000 0101 080a 0000 0425 0000 03c1 1603 0100 6801 0000 6403 0307 22b5 8f4a a365 7823 2d57 0cbf 62b7 e5e7 1c3f dd2c 4f7c c794 b31c c8a6 7f19 6c00 0006 1301 1302 c02f 0100 0035 0000 0014 0012 0000 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d 000a 0006 0004 001d 0017 000d 0006 0004 0403 0804 002b 0005 0403 0403 03" rejects
