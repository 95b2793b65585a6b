/** IP protocol numbers (IANA, Assigned Internet Protocol Numbers): what `net.TCP` and its kin are. */
export const ipProtocols: ReadonlyMap<string, bigint> = new Map([
  ['ICMP', 1n],
  ['IGMP', 2n],
  ['TCP', 6n],
  ['UDP', 17n],
  ['IPV6', 41n],
  ['GRE', 47n],
  ['ESP', 50n],
  ['AH', 51n],
  ['ICMPV6', 58n],
  ['OSPF', 89n],
  ['SCTP', 132n],
]);
