/** Where the filter language differs from Wireshark by design: as data, each with its reason. */
import { type HeaderName, headers } from '../../compiler/index.ts';
import { maxVlanTags } from '../../compiler/protocols/table.ts';
import type { Layer } from '../../scripts/tshark.mjs';
import { protocolsOf } from './rows.ts';

/** A header that tshark shows in a packet. */
export interface Shown {
  readonly header: HeaderName;
  readonly layer: Layer;
  /** The layers around it, from the outermost. */
  readonly around: readonly Layer[];
  /** The packet as captured. */
  readonly bytes: Uint8Array;
}

/** Headers that tshark shows and a filter does not have. */
export interface Difference {
  readonly reason: string;
  readonly when: (shown: Shown) => boolean;
}

const tags = new Set(protocolsOf('vlan'));

/** Layers by Wireshark's names that packets are looked for behind, once the language has these headers. */
const wrappers: Readonly<Record<string, string>> = { llc: 'llc', mpls: 'mpls', pppoes: 'pppoe' };

export const differences: readonly Difference[] = [
  {
    reason: 'a header is there from its minimum size on; tshark shows any start of one',
    when: ({ header, layer, bytes }) => layer.at + headers[header].minimum > bytes.length,
  },
  {
    reason: `nothing is looked for behind more than ${maxVlanTags} VLAN tags`,
    when: ({ header, around }) =>
      header !== 'vlan' && around.filter(({ protocol }) => tags.has(protocol)).length > maxVlanTags,
  },
  {
    reason: 'nothing is looked for behind a header that the language does not have',
    when: ({ around }) =>
      around.some(({ protocol }, i) => {
        const name = wrappers[protocol] ?? (protocol === 'ah' && around[i - 1]?.protocol === 'ip' ? 'ah' : undefined);
        return name !== undefined && !Object.hasOwn(headers, name);
      }),
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

export const valueDifferences: readonly ValueDifference[] = [
  {
    reason: 'in bytes, as Wireshark writes it beside its value, which counts units of 8 bytes',
    name: 'ip.frag_offset',
    instead: (value) => (value === '0' ? undefined : String(8 * Number(value))),
  },
  {
    reason: 'as sent; tshark takes a length of 0 for the length that the packet has',
    name: 'ip.len',
    instead: (_, { layer, bytes }) => (bytes[layer.at + 2] === 0 && bytes[layer.at + 3] === 0 ? '0' : undefined),
  },
  {
    reason: 'of the outer one of two 802.1ad tags, which tshark takes for a single header',
    name: 'vlan.etype',
    instead: (_, { layer }) => (layer.fields['ieee8021ad.svid'] === undefined ? undefined : String(0x88a8)),
  },
  {
    reason: 'of this packet; tshark does not count it in a first fragment',
    name: 'tcp.payload_len',
    instead: (value, { layer, around }) => {
      const network = around.findLast(({ protocol }) => protocol === 'ip' || protocol === 'ipv6');
      if (value !== undefined || network === undefined) return undefined;
      const length = network.protocol === 'ip' ? numberOf(network, 'ip.len') : 40 + numberOf(network, 'ipv6.plen');
      return String(network.at + length - layer.at - numberOf(layer, 'tcp.hdr_len'));
    },
  },
];

/** Rows of the table that tshark has nothing for, as `header.field`, with the reason. */
export const incomparable: Readonly<Record<string, string>> = {};
