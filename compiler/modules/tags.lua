-- VLAN tags (IEEE 802.1Q, 802.1ad): four bytes that stand before an EtherType, each announced by an EtherType itself.

local M = {}

-- Stands for an EtherType where there is none: no two bytes have it.
local NONE = 0x10000

-- 802.1Q, 802.1ad, and the 0x9100 of older QinQ gear, as libpcap's `vlan` has it.
function M.announced_by(ethertype)
  return ethertype == 0x8100 or ethertype == 0x88a8 or ethertype == 0x9100
end

-- The EtherType behind up to 4 tags, and where its packet starts: `ethertype` stands just before `at`. That of a tag
-- where there are more, and none where one is cut off.
function M.behind(pkt, ethertype, at)
  if M.announced_by(ethertype) then
    for _ = 1, 4 do
      if at + 4 > pkt.caplen then
        ethertype = NONE
        break
      end
      ethertype = pkt:u16(at + 2)
      at = at + 4
      if not M.announced_by(ethertype) then break end
    end
  end
  return ethertype, at
end

return M
