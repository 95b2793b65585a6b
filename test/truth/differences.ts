/** Where the filter language differs from Wireshark by design: as data, each with its reason. */
import { type HeaderName, headers } from '../../compiler/index.ts';
import type { Layer } from '../../scripts/tshark.mjs';
import type { OraclePacket } from '../oracle/lua.ts';
import { protocolsOf } from './rows.ts';

/** A packet, with what tshark shows of it; `place` is where it is from, if there is more to say than its number. */
export interface DissectedPacket extends OraclePacket {
  readonly linktype: number;
  /** Without those of packets within it. */
  readonly layers: readonly Layer[];
  readonly place?: string;
}

/** A header that tshark shows in a packet. */
export interface Shown {
  readonly header: HeaderName;
  readonly layer: Layer;
  /** The layers around it, from the outermost. */
  readonly around: readonly Layer[];
  readonly packet: DissectedPacket;
}

/** Headers that tshark shows and a filter does not have. */
export interface Difference {
  readonly reason: string;
  readonly when: (shown: Shown) => boolean;
}

const tags = new Set(protocolsOf('vlan'));

/** Layers behind which headers are looked for: those of the language, and what stands before and between them. */
const lookedThrough = new Set([
  ...(Object.keys(headers) as HeaderName[]).flatMap(protocolsOf),
  ...['raw', 'null', 'sll', 'ppp', 'ipv6.hopopts', 'ipv6.dstopts', 'ipv6.routing', 'ipv6.fraghdr', 'shim6'],
]);

/** Whether a header that begins at `at` has a length or version that none of its kind has. */
const wrong: Readonly<Partial<Record<HeaderName, (bytes: Uint8Array, at: number) => boolean>>> = {
  ip: (bytes, at) => bytes[at]! >> 4 !== 4 || (bytes[at]! & 15) < 5,
  ipv6: (bytes, at) => bytes[at]! >> 4 !== 6,
  tcp: (bytes, at) => bytes[at + 12]! >> 4 < 5,
  udp: (bytes, at) => bytes[at + 4] === 0 && bytes[at + 5]! < 8,
};

export const differences: readonly Difference[] = [
  {
    reason: 'a header is there from its minimum size on; tshark shows any start of one',
    when: ({ header, layer, packet }) => layer.at + headers[header].minimum > packet.bytes.length,
  },
  {
    reason: 'a header whose own length or version is wrong is none',
    when: ({ header, layer, packet }) => wrong[header]?.(packet.bytes, layer.at) === true,
  },
  {
    reason: 'nothing is looked for behind more than four VLAN tags',
    when: ({ header, around }) => header !== 'vlan' && around.filter(({ protocol }) => tags.has(protocol)).length > 4,
  },
  {
    reason: 'nothing is looked for behind a header that the language does not have; AH is one of IPv6 alone',
    when: ({ around }) =>
      around.some(
        ({ protocol }) =>
          !lookedThrough.has(protocol) && !(protocol === 'ah' && around.some((each) => each.protocol === 'ipv6')),
      ),
  },
  {
    reason: 'TLS is told by its looks; tshark takes for it what any segment of a connection to port 443 carries',
    when: ({ header, layer, packet: { bytes } }) =>
      header === 'tls' && !(bytes[layer.at]! >= 20 && bytes[layer.at]! <= 23 && bytes[layer.at + 1] === 3),
  },
  {
    reason: 'a link type of one version of IP carries no other',
    when: ({ packet: { linktype, layers } }) => linktype === 228 && layers[0]?.protocol === 'ipv6',
  },
];

/** Headers that a filter has, and fields of those, which tshark does not show. */
export const unshown: readonly { readonly reason: string; readonly when: (packet: DissectedPacket) => boolean }[] = [
  {
    reason: 'tshark reads no further than a total length that is less than the IPv4 header',
    when: ({ layers }) =>
      layers.some((layer) => layer.protocol === 'ip' && numberOf(layer, 'ip.len') < numberOf(layer, 'ip.hdr_len')),
  },
  {
    reason:
      'tshark takes the headers of mobility and host identity for the last, where their own next header says more',
    when: ({ layers }) => layers.some(({ protocol }) => protocol === 'mipv6' || protocol === 'hip'),
  },
  {
    reason: 'tshark takes an 802.3 frame to an address of ISL for one of that, which nobody speaks any more',
    when: ({ layers }) => layers[0]?.protocol === 'isl',
  },
];

/** Values that differ. */
export interface ValueDifference {
  readonly reason: string;
  /** The row, as `header.field`. */
  readonly name: string;
  /** What a filter sees, as `print` writes it, where tshark shows `value`; undefined where they are the same. */
  readonly instead: (value: string | undefined, shown: Shown) => string | undefined;
}

const numberOf = ({ fields }: Layer, name: string): number => Number(fields[name]?.[0]);

/** The bytes of the length before a DNS message over TCP. */
const lengthBefore = ({ around }: Shown): number => (around.at(-1)?.protocol === 'tcp' ? 2 : 0);

/** Flags of DNS that tshark shows of answers alone, by their bits in the second word. */
const answerFlags = [
  ['authoritative', (word: number) => String((word & 0x400) !== 0)],
  ['recavail', (word: number) => String((word & 0x80) !== 0)],
  ['authenticated', (word: number) => String((word & 0x20) !== 0)],
  ['rcode', (word: number) => String(word & 15)],
] as const;

export const valueDifferences: readonly ValueDifference[] = [
  ...answerFlags.map(([name, read]) => ({
    reason: `tshark shows dns.flags.${name} of answers alone`,
    name: `dns.flags.${name}`,
    instead: (value: string | undefined, shown: Shown) => {
      const { bytes } = shown.packet;
      const at = shown.layer.at + lengthBefore(shown);
      return value === undefined ? read((bytes[at + 2]! << 8) | bytes[at + 3]!) : undefined;
    },
  })),
  {
    reason: 'where the message starts; tshark counts the length before it over TCP',
    name: 'dns.offset',
    instead: (value, shown) => (lengthBefore(shown) > 0 ? String(Number(value) + lengthBefore(shown)) : undefined),
  },
  {
    reason: 'in bytes, as Wireshark writes it beside its value, which counts units of 8 bytes',
    name: 'ip.frag_offset',
    instead: (value) => (value === undefined ? undefined : String(8 * Number(value))),
  },
  {
    reason: 'as sent; tshark takes a length of 0 for the length that the packet has',
    name: 'ip.len',
    instead: (_, { layer, packet: { bytes } }) =>
      bytes[layer.at + 2] === 0 && bytes[layer.at + 3] === 0 ? '0' : undefined,
  },
  {
    reason: 'of the outer one of two 802.1ad tags, which tshark takes for a single header',
    name: 'vlan.etype',
    instead: (_, { layer }) => (layer.fields['ieee8021ad.svid'] === undefined ? undefined : String(0x88a8)),
  },
  {
    reason: 'by the length fields; tshark does not count it in a first fragment, and cuts it to the packet',
    name: 'tcp.payload_len',
    instead: (value, { layer, around, packet }) => {
      const network = around.findLast(({ protocol }) => protocol === 'ip' || protocol === 'ipv6');
      if (network === undefined) return undefined;
      const length = network.protocol === 'ip' ? numberOf(network, 'ip.len') : 40 + numberOf(network, 'ipv6.plen');
      const end = network.at + length;
      if (value !== undefined && end <= packet.wirelen) return undefined;
      return String(Math.max(0, end - layer.at - numberOf(layer, 'tcp.hdr_len')));
    },
  },
];

/** Rows of the table that tshark has nothing for, as `header.field`, with the reason. */
export const incomparable: Readonly<Record<string, string>> = {};
