/**
 * Types: the set of values an expression can have. A set of atoms (nil, false, true, integers of a range, headers of
 * some kinds, some constant strings, slices of the packet, IPv6 addresses), so that `ok and 5` has a type of its own, and
 * flow narrows a type by taking atoms away.
 */
import type { Span } from '../diagnostics.ts';
import type { InnerKind } from '../protocols/linktypes.ts';
import type { HeaderName } from '../protocols/table.ts';
import type { Address } from './address.ts';

export const NIL = 1;
export const FALSE = 2;
export const TRUE = 4;
export const INTEGER = 8;
export const HEADER = 16;
/** Constant strings. */
export const STRING = 32;
/** Bytes of the packet: strings too, to Lua. */
export const SLICE = 64;
export const TEXT = STRING | SLICE;
/** Of a local beside SLICE: its bytes may have been stored to since. No expression has it. */
export const STALE = 128;
/** IPv6 addresses; those of IPv4 and Ethernet are integers. */
export const ADDRESS = 256;
/** All but nil, false and true. */
export const PAYLOAD = INTEGER | HEADER | TEXT | ADDRESS;
export const FALSY = NIL | FALSE;
export const BOOLEAN = FALSE | TRUE;

/** A header by its name, or a packet, which is a place as headers are. */
export type PlaceKind = HeaderName | 'packet';

/** A packet as the filter was given it, or one in it, by how it starts. */
export type PacketKind = 'outer' | InnerKind;

export interface Type {
  readonly atoms: number;
  /** The range of its integers, inclusive; meaningless without INTEGER. */
  readonly low: bigint;
  readonly high: bigint;
  /** The kinds of its headers; empty without HEADER. */
  readonly headers: readonly PlaceKind[];
  /** What its headers can be headers of, and its packets be; empty without HEADER. */
  readonly packets: readonly PacketKind[];
  /** Its constant strings; empty without STRING. */
  readonly strings: readonly string[];
}

export const minInteger = -(2n ** 63n);
export const maxInteger = 2n ** 63n - 1n;
const none = { low: 0n, high: 0n, headers: [], packets: [], strings: [] } as const;

export const nil: Type = { atoms: NIL, ...none };
export const boolean: Type = { atoms: BOOLEAN, ...none };
export const never: Type = { atoms: 0, ...none };
export const integer = (low = minInteger, high = maxInteger): Type => ({ ...none, atoms: INTEGER, low, high });
export const headerOrNil = (name: HeaderName, packets: readonly PacketKind[] = ['outer']): Type => ({
  ...none,
  atoms: HEADER | NIL,
  headers: [name],
  packets,
});
export const packetType = (packets: readonly PacketKind[]): Type => ({
  ...none,
  atoms: HEADER,
  headers: ['packet'],
  packets,
});

/** Whether its only values beside nil and booleans are packets. */
export const isPacketType = (type: Type): boolean =>
  type.headers.length === 1 && type.headers[0] === 'packet' && isOnly(type, HEADER | NIL | BOOLEAN);

/** The names of its headers. */
export const headersOf = ({ headers }: Type): readonly HeaderName[] => headers.filter((name) => name !== 'packet');

/** Whether its headers and packets can be those of a packet in the packet. */
export const isInner = ({ packets }: Type): boolean => packets.some((kind) => kind !== 'outer');

export const slice: Type = { ...none, atoms: SLICE };
export const address: Type = { ...none, atoms: ADDRESS };

export function constantType(value: bigint | boolean | null | string | Address): Type {
  if (value === null) return nil;
  if (typeof value === 'object') return address;
  if (typeof value === 'string') return { ...none, atoms: STRING, strings: [value] };
  if (typeof value === 'bigint') return integer(value, value);
  return { ...boolean, atoms: value ? TRUE : FALSE };
}

export function union(a: Type, b: Type): Type {
  if (a === b) return a;
  const { low, high } = rangeOf(a, b);
  return {
    atoms: a.atoms | b.atoms,
    low,
    high,
    headers: both(a.headers, b.headers),
    packets: both(a.packets, b.packets),
    strings: both(a.strings, b.strings),
  };
}

/** The elements of two lists, each once; one of the lists themselves where it has them all. */
function both<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  if (b.every((element) => a.includes(element))) return a;
  return a.length === 0 ? b : [...new Set([...a, ...b])];
}

/** Whether every value of `a` is one of `b`. */
export function isWithin(a: Type, b: Type): boolean {
  return (
    isOnly(a, b.atoms) &&
    (!has(a, INTEGER) || (a.low >= b.low && a.high <= b.high)) &&
    a.headers.every((name) => b.headers.includes(name)) &&
    a.packets.every((kind) => b.packets.includes(kind)) &&
    a.strings.every((text) => b.strings.includes(text))
  );
}

/** Where the range of a variable that grows from turn to turn may stop: below, and above. */
const stops = { low: [0n, minInteger], high: [0x7fffffffn, 0xffffffffn, maxInteger] } as const;

/** What includes `a` and `b`, with a range that grows in few steps: `a` is what was taken to be all before. */
export function widened(a: Type, b: Type): Type {
  const whole = union(a, b);
  if (!has(a, INTEGER) || !has(whole, INTEGER)) return whole;
  const low = whole.low < a.low ? stops.low.find((stop) => stop <= whole.low)! : whole.low;
  const high = whole.high > a.high ? stops.high.find((stop) => stop >= whole.high)! : whole.high;
  return { ...whole, low, high };
}

function rangeOf(a: Type, b: Type): { low: bigint; high: bigint } {
  if ((a.atoms & INTEGER) === 0) return b;
  if ((b.atoms & INTEGER) === 0) return a;
  return { low: a.low < b.low ? a.low : b.low, high: a.high > b.high ? a.high : b.high };
}

/** The part of a type that has only these atoms. */
export function only(type: Type, atoms: number): Type {
  const kept = type.atoms & atoms;
  if (kept === type.atoms) return type;
  return {
    ...type,
    atoms: kept,
    headers: (kept & HEADER) === 0 ? [] : type.headers,
    packets: (kept & HEADER) === 0 ? [] : type.packets,
    strings: (kept & STRING) === 0 ? [] : type.strings,
  };
}

export const without = (type: Type, atoms: number): Type => only(type, ~atoms);
export const has = (type: Type, atoms: number): boolean => (type.atoms & atoms) !== 0;
export const isOnly = (type: Type, atoms: number): boolean => (type.atoms & ~atoms) === 0;

/** Whether every value is an integer from 0 to 2^32-1: 32-bit operations then compute the same. */
export const isU32 = (type: Type): boolean => isOnly(type, INTEGER) && type.low >= 0n && type.high <= 0xffffffffn;

/** A value that can leave 32 bits, signed: where it is, and its range. */
export interface WideValue {
  readonly file: string;
  readonly span: Span;
  readonly low: bigint;
  readonly high: bigint;
}

/** An expression as a wide value, or undefined where it is always within 32 bits, signed, or no integer. */
export function exceeding32(
  { type, span }: { readonly type: Type; readonly span: Span },
  file: string,
): WideValue | undefined {
  const { low, high } = type;
  return has(type, INTEGER) && (low < -(2n ** 31n) || high >= 2n ** 31n) ? { file, span, low, high } : undefined;
}

/** How a message names a type: what can be seen in Lua, without ranges. */
export function typeName(type: Type): string {
  const names: string[] = [];
  if ((type.atoms & BOOLEAN) === BOOLEAN) names.push('a boolean');
  else if (has(type, TRUE)) names.push('true');
  else if (has(type, FALSE)) names.push('false');
  if (has(type, INTEGER)) names.push('an integer');
  const named = headersOf(type);
  if (named.length > 0) names.push(`the header ${named.join(' or ')}`);
  if (type.headers.includes('packet')) names.push('a packet');
  if (has(type, ADDRESS)) names.push('an IPv6 address');
  if (has(type, TEXT)) names.push('a string');
  if (has(type, NIL)) names.push('nil');
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : (names[0] ?? 'nothing');
}

/** The integers of a type that lie in a range; none (no INTEGER) where there are none. */
export function clamped(type: Type, low: bigint, high: bigint): Type {
  if (!has(type, INTEGER)) return type;
  const from = type.low > low ? type.low : low;
  const to = type.high < high ? type.high : high;
  return from > to ? without(type, INTEGER) : { ...type, low: from, high: to };
}
