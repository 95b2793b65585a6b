-- Who sends most: packets of IPv4 senders that have sent more than 2,000 bytes so far. The 4,096 senders that were heard
-- last are remembered, so it takes the same memory however many there are.
local state = require "state"
local sent = state.hash(4096)
local limit = 2000

return function(pkt)
  local ip = pkt.ip
  return ip and sent:add(ip.src, #pkt) > limit
end

--@test captures/mixed.pcap accepts 137
