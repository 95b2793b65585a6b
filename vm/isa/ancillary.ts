/**
 * Linux's ancillary loads: offsets from 2^31 up, negative ones to Linux, at which a classic load finds not the packet
 * but what the kernel knows of it. Numbers as in include/uapi/linux/filter.h.
 */

/** What is there, by its distance from `SKF_AD_OFF`: the SKF_AD_* of the header, in small letters. */
const ancillary = {
  protocol: 0,
  pkttype: 4,
  ifindex: 8,
  nlattr: 12,
  nlattr_nest: 16,
  mark: 20,
  queue: 24,
  hatype: 28,
  rxhash: 32,
  cpu: 36,
  alu_xor_x: 40,
  vlan_tag: 44,
  vlan_tag_present: 48,
  pay_offset: 52,
  random: 56,
  vlan_tpid: 60,
} as const;

export type AncillaryName = keyof typeof ancillary;
export const ancillaryNames = Object.keys(ancillary) as readonly AncillaryName[];

/** Where ancillary data begin, and offsets that count from the network header and from the link-layer header. */
export const SKF_AD_OFF = -0x1000;
export const SKF_NET_OFF = -0x100000;
export const SKF_LL_OFF = -0x200000;

const byOffset: ReadonlyMap<number, AncillaryName> = new Map(
  ancillaryNames.map((name) => [(SKF_AD_OFF + ancillary[name]) >>> 0, name]),
);
const absoluteLoads: ReadonlySet<number> = new Set([0x20, 0x28, 0x30]);

/** What an instruction loads if ancillary loads are on; their size does not matter (`bpf_anc_helper`). */
export const ancillaryOf = ({ code, k }: { readonly code: number; readonly k: number }): AncillaryName | undefined =>
  absoluteLoads.has(code) ? byOffset.get(k) : undefined;

/** How an instruction departs from what its row says, by the dialect of a classic program; the validator adds it. */
export type Variation =
  /** A load of what the host knows of the packet. */
  | { readonly kind: 'ancillary'; readonly name: AncillaryName }
  /** A load whose offset is taken modulo 2^32. */
  | { readonly kind: 'wrapping' }
  /** A load whose offset is taken modulo 2^32 and as signed: from a header if it is negative. */
  | { readonly kind: 'signed' }
  /** A shift by X modulo 32. */
  | { readonly kind: 'modulo' };
