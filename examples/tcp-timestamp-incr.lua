-- Adds 1 to the timestamp of every TCP segment that carries one (RFC 7323), keeps the checksum right, and counts why others
-- were left alone: in eBPF this took the author of BPF64's draft two dozen tries (iovisor/bcc#5062). Run with --allow-write,
-- `-w` writes the changed packets; those whose options make no sense, or are not all there, are dropped, as in the original.
local bytes, state = require "bytes", require "state"
local incremented, not_tcp, cut_short, malformed, without =
  state.counter(), state.counter(), state.counter(), state.counter(), state.counter()

-- Where the timestamps option stands among those of a header; nil where there is none, false where a length is wrong.
local function timestamps(pkt, tcp)
  local o, stop = tcp.offset + 20, tcp.payload
  for _ = 1, 40 do
    if o >= stop then return nil end
    local kind = pkt:u8(o)
    if kind == 0 then return nil end
    if kind == 1 then
      o = o + 1
    else
      local len = o + 1 < stop and pkt:u8(o + 1) or 0
      if len < 2 or o + len > stop or kind == 8 and len ~= 10 then return false end
      if kind == 8 then return o end
      o = o + len
    end
  end
  return nil
end

-- The bytes of each half changed over: what a checksum sees of a number at an odd offset.
local function swapped(n) return (n & 0x00ff00ff) << 8 | n >> 8 & 0x00ff00ff end

local function increment(pkt, tcp, at)
  local old, checksum = pkt:u32(at), tcp.checksum
  local new = old + 1 & 0xffffffff
  pkt:set_u32(at, new)
  if at - tcp.offset & 1 == 1 then old, new = swapped(old), swapped(new) end
  pkt:set_u16(tcp.offset + 16, bytes.update32(checksum, old, new))
end

return function(pkt)
  local tcp = pkt.tcp
  if not tcp then
    not_tcp:add(1)
    return true
  end
  if tcp.payload > pkt.caplen then
    cut_short:add(1)
    return false
  end
  local option = timestamps(pkt, tcp)
  if option == nil then
    without:add(1)
  elseif option then
    increment(pkt, tcp, option + 2)
    incremented:add(1)
  else
    malformed:add(1)
  end
  return option ~= false
end

--@test captures/mixed.pcap writable accepts 353
--@test captures/odd.pcap writable rejects 37,38
--@test hex "0200 0000 0001 0200 0000 0002 0800 4500 0034 8393 4000 4006 caa2 c000 020a c633 6450 9c41 0050 cb21 da8a b6f0 8402 8010 faf0 0a6d 0000 0101 080a 0000 0402 0000 039e" becomes "0200 0000 0001 0200 0000 0002 0800 4500 0034 8393 4000 4006 caa2 c000 020a c633 6450 9c41 0050 cb21 da8a b6f0 8402 8010 faf0 0a6c 0000 0101 080a 0000 0403 0000 039e"
--@test hex "0200 0000 0002 0200 0000 0001 0800 4500 0034 0000 0000 4006 8e36 c000 020a c633 6450 9c41 0050 0000 0000 0000 0000 8002 faf0 e7bc 0000 0108 0a00 00ff ff00 0000 0901" becomes "0200 0000 0002 0200 0000 0001 0800 4500 0034 0000 0000 4006 8e36 c000 020a c633 6450 9c41 0050 0000 0000 0000 0000 8002 faf0 e6bc 0000 0108 0a00 0100 0000 0000 0901"
