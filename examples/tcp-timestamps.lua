-- TCP segments whose sender says what time it is (the timestamps option of RFC 7323), by walking over the options.
local END, NO_OPERATION, TIMESTAMPS = 0, 1, 8

-- Where an option stands among those of a TCP header, or nil. A wrong length ends the search.
local function option(pkt, tcp, wanted)
  local o, stop = tcp.offset + 20, math.min(tcp.payload, pkt.caplen)
  while o < stop do
    local kind = pkt:u8(o)
    if kind == wanted then return o end
    if kind == END then return nil end
    if kind == NO_OPERATION then
      o = o + 1
    else
      local len = o + 1 < stop and pkt:u8(o + 1) or 0
      if len < 2 then return nil end
      o = o + len
    end
  end
  return nil
end

return function(pkt)
  return pkt.tcp and option(pkt, pkt.tcp, TIMESTAMPS) ~= nil
end

--@test captures/mixed.pcap accepts 127
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0034 8393 4000 4006 caa2 c000 020a c633 6450 9c41 0050 cb21 da8a b6f0 8402 8010 faf0 0a6d 0000 0101 080a 0000 0402 0000 039e" accepts
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0034 cf00 4000 4006 7f35 c000 020a c633 6450 9c41 0050 cb21 da89 0000 0000 8002 faf0 4555 0000 0204 05b4 0402 0103 0307 0101" rejects
