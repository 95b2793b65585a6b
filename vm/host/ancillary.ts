/** What a host that reads captures knows of a packet, for the ancillary loads of classic programs. */
import type { Ancillary, HostRun } from './host.ts';

const headerLength = 14;

/** EtherType, or ETH_P_802_3 (1) for raw IPX, or ETH_P_802_2 (4): `eth_type_trans` in Linux's net/ethernet/eth.c. */
function ethernetProtocol({ packet, start, caplen }: HostRun): number {
  const half = (at: number): number => (at + 2 > caplen ? 0 : (packet[start + at]! << 8) | packet[start + at + 1]!);
  const type = half(headerLength - 2);
  if (type >= 0x600) return type;
  return half(headerLength) === 0xffff ? 1 : 4;
}

/**
 * What a captured Ethernet packet itself says. Its VLAN tags are where the capture has them, in the packet: so as an
 * interface that takes none out, it has none beside it. What only the capturing machine knew is left out.
 */
export const ethernetAncillary: Ancillary = {
  protocol: ethernetProtocol,
  // ARPHRD_ETHER.
  hatype: () => 1,
  vlan_tag: () => 0,
  vlan_tag_present: () => 0,
  vlan_tpid: () => 0,
  network_offset: () => headerLength,
};
