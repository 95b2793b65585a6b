/** Which link types the headers are known on. Numbers are those of pcap files (LINKTYPE_). */

/** How a packet of a link type starts. */
export type LinkStart = 'ethernet' | 'ip' | 'ipv4' | 'ipv6';

const starts: ReadonlyMap<number, LinkStart> = new Map([
  [1, 'ethernet'],
  // Raw IP has three numbers in files: the official one, and DLT_RAW of two families of systems.
  [101, 'ip'],
  [12, 'ip'],
  [14, 'ip'],
  [228, 'ipv4'],
  [229, 'ipv6'],
]);
const names: ReadonlyMap<number, string> = new Map([
  [1, 'ETHERNET'],
  [101, 'RAW'],
  [228, 'IPV4'],
  [229, 'IPV6'],
]);

export const linkStart = (linktype: number): LinkStart | undefined => starts.get(linktype);
export const linktypeCarries = (linktype: number): boolean => starts.has(linktype);
export const linktypeName = (linktype: number): string => names.get(linktype) ?? String(linktype);
