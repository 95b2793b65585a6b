/** The module `net`: addresses and networks written as text, read at compile time, and the numbers of protocols. */
import { ipProtocols } from '../protocols/numbers.ts';
import type { ConstantTable, KeyRange } from './tree.ts';
import { constantType, nil, union } from './types.ts';

/** What `require "net"` gives, but for its constructors, which are no values. */
export const netTable: ConstantTable = {
  name: 'net',
  entries: ipProtocols,
  tables: new Map(),
  type: [...ipProtocols.values()].map(constantType).reduce(union, nil),
};

/** What each constructor makes of its text; undefined where the text is malformed. */
export const addressConstructors = { ip: ipv4Of, mac: macOf } as const satisfies Readonly<
  Record<string, (text: string) => bigint | undefined>
>;

/** Four decimal numbers without leading zeros, which some read as octal. */
function ipv4Of(text: string): bigint | undefined {
  const parts = text.split('.');
  const isByte = (part: string): boolean => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255;
  return parts.length === 4 && parts.every(isByte) ? joined(parts.map(Number)) : undefined;
}

/** Six bytes of two hexadecimal digits, with colons or hyphens between. */
function macOf(text: string): bigint | undefined {
  if (!/^[0-9a-f]{2}([:-])([0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return undefined;
  return joined(text.split(/[:-]/).map((part) => Number.parseInt(part, 16)));
}

const joined = (bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** The addresses of a network, undefined where its text is malformed or has bits set behind its prefix. */
export function networkOf(text: string): KeyRange | undefined {
  const [, address = '', length = ''] = /^(.*)\/(0|[1-9]\d?)$/.exec(text) ?? [];
  const low = ipv4Of(address);
  const hosts = 32n - BigInt(length);
  if (low === undefined || hosts < 0n || (low >> hosts) << hosts !== low) return undefined;
  return { low, high: low + (1n << hosts) - 1n };
}

/**
 * A network as the Lua module that `net.cidr` gives. The shift leaves an address of more than 32 bits outside every
 * network.
 */
export function networkModule({ low, high }: KeyRange): string {
  const shift = (high - low + 1n).toString(2).length - 1;
  return `local M = {}\nfunction M.contains(self, address) return address >> ${shift} == ${low >> BigInt(shift)} end\nreturn M\n`;
}

/** What `net.cidrs` gives, for a table `networks` of the addresses that are in one of them. */
export const networksModule =
  'local M = {}\nfunction M.contains(self, address) return networks[address | 0] or false end\nreturn M\n';

/** The addresses that are in one of some networks. */
export function networksTable(networks: readonly KeyRange[]): ConstantTable {
  const ranges: KeyRange[] = [];
  for (const { low, high } of networks.toSorted((a, b) => (a.low < b.low ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last === undefined || low > last.high + 1n) ranges.push({ low, high });
    else if (high > last.high) ranges[ranges.length - 1] = { low: last.low, high };
  }
  return { name: 'networks', entries: new Map(), tables: new Map(), ranges, type: union(constantType(true), nil) };
}
