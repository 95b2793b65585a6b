/** The module `net`: addresses and networks written as text, read at compile time, and the numbers of protocols. */
import { ipProtocols } from '../protocols/numbers.ts';
import type { ConstantTable } from './tree.ts';
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

/** A network: its first address, and how many bits of an address stand behind its prefix. */
export interface Network {
  readonly first: bigint;
  readonly shift: bigint;
}

/** Reads `10.0.0.0/8`; undefined where the text is malformed or has bits set behind its prefix. */
export function networkOfText(text: string): Network | undefined {
  const [, address = '', length = ''] = /^(.*)\/(0|[1-9]\d?)$/.exec(text) ?? [];
  const first = ipv4Of(address);
  const shift = 32n - BigInt(length);
  if (first === undefined || shift < 0n || (first >> shift) << shift !== first) return undefined;
  return { first, shift };
}

/**
 * A network as the Lua module that `net.cidr` gives. The shift leaves an address of more than 32 bits outside every
 * network.
 */
export const networkModule = ({ first, shift }: Network): string =>
  `local M = {}\nfunction M.contains(self, address) return address >> ${shift} == ${first >> shift} end\nreturn M\n`;
