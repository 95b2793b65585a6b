/** The module `net`: addresses and networks written as text, read at compile time, and the numbers of protocols. */
import { ipProtocols, protocolNumbers, servicePorts } from '../protocols/numbers.ts';
import { type Address, type Addresses, ipv4Bits, ipv6Bits, joined } from './address.ts';
import type { AddressRange, ConstantTable, Networks } from './tree.ts';
import { constantType, nil, union } from './types.ts';

const numbers = (name: string, entries: ReadonlyMap<string, bigint>, tables: ConstantTable['tables'] = new Map()) => ({
  name,
  entries,
  tables,
  type: [...entries.values()].map(constantType).reduce(union, nil),
});
const ports = numbers('net.port', servicePorts);
const protocols = numbers('net.proto', protocolNumbers);

/** What `require "net"` gives, but for its constructors, which are no values. */
export const netTable: ConstantTable = numbers(
  'net',
  ipProtocols,
  new Map([
    ['port', ports],
    ['proto', protocols],
  ]),
);

/** Tables in which a name that is missing is a mistake, and no nil. */
export const numberTables: ReadonlySet<ConstantTable> = new Set([netTable, ports, protocols]);

type Constructor = (text: string, addresses: Addresses) => bigint | Address | undefined;

/** What each constructor makes of its text; undefined where the text is malformed. */
export const addressConstructors = { ip: addressOf, mac: macOf } as const satisfies Readonly<
  Record<string, Constructor>
>;

function addressOf(text: string, addresses: Addresses): bigint | Address | undefined {
  if (!text.includes(':')) return ipv4Bits(text);
  const bits = ipv6Bits(text);
  return bits === undefined ? undefined : addresses.of(bits);
}

/** Six bytes of two hexadecimal digits, with colons or hyphens between. */
function macOf(text: string): bigint | undefined {
  if (!/^[0-9a-f]{2}([:-])([0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return undefined;
  return joined(
    text.split(/[:-]/).map((part) => Number.parseInt(part, 16)),
    8n,
  );
}

/** The addresses of one network, and of which family they are. */
export interface Network extends AddressRange {
  readonly family: keyof Networks;
}

/** A network, undefined where its text is malformed or has bits set behind its prefix. */
export function networkOf(text: string): Network | undefined {
  const [, address = '', length = ''] = /^(.*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const [low, size] = family === 'ipv6' ? [ipv6Bits(address), 128n] : [ipv4Bits(address), 32n];
  const hosts = size - BigInt(length);
  if (low === undefined || hosts < 0n || (low >> hosts) << hosts !== low) return undefined;
  return { family, low, high: low + (1n << hosts) - 1n };
}

/** The addresses that are in one of some networks. */
export const networksIn = (all: readonly Network[]): Networks => ({
  ipv4: joinedRanges(all.filter(({ family }) => family === 'ipv4')),
  ipv6: joinedRanges(all.filter(({ family }) => family === 'ipv6')),
});

function joinedRanges(networks: readonly AddressRange[]): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const { low, high } of networks.toSorted((a, b) => (a.low < b.low ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last === undefined || low > last.high + 1n) ranges.push({ low, high });
    else if (high > last.high) ranges[ranges.length - 1] = { low: last.low, high };
  }
  return ranges;
}

/** Whether an address, an integer being one of IPv4, is in one of the networks. */
export function isIn({ ipv4, ipv6 }: Networks, address: bigint | Address): boolean {
  const [ranges, bits] = typeof address === 'bigint' ? [ipv4, address] : [ipv6, address.bits];
  return ranges.some(({ low, high }) => low <= bits && bits <= high);
}
