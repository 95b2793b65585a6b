/** LINKTYPE numbers as they stand in capture files, and their names (https://www.tcpdump.org/linktypes.html). */

export const linktypes = {
  NULL: 0,
  ETHERNET: 1,
  EXP_ETHERNET: 2,
  AX25: 3,
  IEEE802_5: 6,
  ARCNET_BSD: 7,
  SLIP: 8,
  PPP: 9,
  FDDI: 10,
  PPP_HDLC: 50,
  PPP_ETHER: 51,
  ATM_RFC1483: 100,
  RAW: 101,
  C_HDLC: 104,
  IEEE802_11: 105,
  FRELAY: 107,
  LOOP: 108,
  LINUX_SLL: 113,
  LTALK: 114,
  PFLOG: 117,
  IEEE802_11_PRISM: 119,
  IP_OVER_FC: 122,
  SUNATM: 123,
  IEEE802_11_RADIOTAP: 127,
  ARCNET_LINUX: 129,
  APPLE_IP_OVER_IEEE1394: 138,
  MTP2: 140,
  MTP3: 141,
  DOCSIS: 143,
  USER0: 147,
  USER15: 162,
  IEEE802_11_AVS: 163,
  BLUETOOTH_HCI_H4: 187,
  USB_LINUX: 189,
  CAN20B: 190,
  PPI: 192,
  IEEE802_15_4_WITHFCS: 195,
  ERF: 197,
  BLUETOOTH_HCI_H4_WITH_PHDR: 201,
  CAN_SOCKETCAN: 227,
  IPV4: 228,
  IPV6: 229,
  IEEE802_15_4_NOFCS: 230,
  DBUS: 231,
  NFLOG: 239,
  NETANALYZER: 240,
  IPOIB: 242,
  USBPCAP: 249,
  BLUETOOTH_LE_LL: 251,
  NETLINK: 253,
  BLUETOOTH_LE_LL_WITH_PHDR: 256,
  PKTAP: 258,
  LINUX_SLL2: 276,
  EBHSCR: 279,
  VPP_DISPATCH: 280,
  DSA_TAG_BRCM: 281,
  IEEE802_15_4_TAP: 283,
  DSA_TAG_DSA: 284,
} as const satisfies Record<string, number>;

export type LinktypeName = keyof typeof linktypes;

const names: ReadonlyMap<number, string> = new Map(Object.entries(linktypes).map(([name, number]) => [number, name]));

/** The name of a LINKTYPE (`ETHERNET`), or `LINKTYPE 77` for one that is not in the table. */
export function linktypeName(linktype: number): string {
  return names.get(linktype) ?? `LINKTYPE ${linktype}`;
}

/** The number for a name, in capitals or not; undefined for a name that is not in the table. */
export function linktypeNumber(name: string): number | undefined {
  const key = name.toUpperCase();
  return Object.hasOwn(linktypes, key) ? linktypes[key as LinktypeName] : undefined;
}

/** Link types whose packets may be longer than the usual limit; libpcap's `max_snaplen_for_dlt`, in bytes. */
const longer: ReadonlyMap<number, number> = new Map([
  [linktypes.DBUS, 128 * 1024 * 1024],
  [linktypes.EBHSCR, 8 * 1024 * 1024],
  [linktypes.USBPCAP, 1024 * 1024],
]);

/** The most bytes a packet of this link type may have captured, before libpcap and we call the file damaged. */
export function maximumCaplen(linktype: number): number {
  return longer.get(linktype) ?? 262_144;
}

/** The snaplen a file's header means: 0 and what does not fit in 31 bits stand for no limit (libpcap). */
export function effectiveSnaplen(linktype: number, snaplen: number): number {
  return snaplen === 0 || snaplen > 0x7fff_ffff ? maximumCaplen(linktype) : snaplen;
}
