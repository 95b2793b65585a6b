/** Which link types the headers are known on. Numbers are those of pcap files (LINKTYPE_). */

/** How a packet of a link type starts: by the module (`compiler/modules`) that knows what is there. */
export type LinkStart = 'ethernet' | 'raw' | 'raw4' | 'raw6';

/**
 * SPEC: a captured length is below 2^28, so a header starts below it too: no capture holds a packet of more than 128
 * MiB (libpcap's largest limit of all link types).
 */
export const lastOffset = 0xfffffffn;

/** How a packet in a packet starts, by the names that filters use: each as those of a link type do. */
export const innerStarts = { ethernet: 'ethernet', ip: 'raw' } as const satisfies Readonly<Record<string, LinkStart>>;
export type InnerKind = keyof typeof innerStarts;

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
