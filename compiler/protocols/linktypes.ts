/** Which link types the headers are known on. Numbers are those of pcap files (LINKTYPE_). */

/** How a packet of a link type starts: by the module (`compiler/modules`) that knows what is there. */
export type LinkStart = 'ethernet' | 'raw' | 'raw4' | 'raw6';

/** By number, in the order of the numbers' names. */
export const linkStarts: ReadonlyMap<number, LinkStart> = new Map([
  [1, 'ethernet'],
  // Raw IP has three numbers in files: the official one, and DLT_RAW of two families of systems.
  [101, 'raw'],
  [12, 'raw'],
  [14, 'raw'],
  [228, 'raw4'],
  [229, 'raw6'],
]);
const names: ReadonlyMap<number, string> = new Map([
  [1, 'ETHERNET'],
  [101, 'RAW'],
  [228, 'IPV4'],
  [229, 'IPV6'],
]);

export const linkStart = (linktype: number): LinkStart | undefined => linkStarts.get(linktype);
export const linktypeName = (linktype: number): string => names.get(linktype) ?? String(linktype);
