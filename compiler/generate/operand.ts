/**
 * Delayed values, after Lua's own `expdesc`: where the value of an expression is, before anyone has asked for it to be
 * anywhere in particular.
 *
 * A value of mixed type has one of two shapes. **Coded**: one 32-bit register, in which nil, false and true are the
 * three numbers at the top of the range, and every other number is an integer, the offset of a header, the number of a
 * constant string, or the offset of a slice, whose length stands in the upper half. **Pair**, where an integer may need
 * that room or the value can be of several kinds: a tag, coded alike with a number for each kind, and the value. A value
 * that is always an integer is plain: 64 bits in a register, which is also what a coded integer is. Where it can be an IPv6
 * address, plain or beside a tag, the value is the address's high half, and its low half is a word of its own.
 */
import type { ConstantValue } from '../check/tree.ts';
import {
  ADDRESS,
  BOOLEAN,
  HEADER,
  has,
  INTEGER,
  isOnly,
  NIL,
  type PlaceKind,
  SLICE,
  STRING,
  type Type,
} from '../check/types.ts';
import { headers } from '../protocols/table.ts';

export const NIL_CODE = 0xffffffff;
export const FALSE_CODE = 0xfffffffe;
export const TRUE_CODE = 0xfffffffd;
/** The tag of an integer. */
export const INTEGER_TAG = 0;
/** The tag of a header's kind. */
export const headerTag = (name: PlaceKind): number => 1 + [...Object.keys(headers), 'packet'].indexOf(name);
/** Tags above those of all headers. */
export const STRING_TAG = 0x100;
export const SLICE_TAG = 0x101;
export const ADDRESS_TAG = 0x102;

/** One word of a value: a 64-bit register's number, or a word of M[]. `owned`: free once used. */
export type Place =
  | { readonly kind: 'register'; readonly register: number; readonly owned: boolean }
  | { readonly kind: 'memory'; readonly word: number; readonly owned: boolean };

export type Operand = { readonly type: Type } & (
  | { readonly kind: 'constant'; readonly value: ConstantValue }
  /** An integer, an address, or a coded value, as its type says. */
  | { readonly kind: 'plain'; readonly at: Place; readonly low?: Place }
  | { readonly kind: 'pair'; readonly tag: Place; readonly at: Place; readonly low?: Place }
);
/** A value that is somewhere. */
export type Held = Operand & { readonly kind: 'plain' | 'pair' };

/** A value of a type, laid out in places that are asked for in the order in which its words are passed. */
export function laidOut(type: Type, place: () => Place): Held {
  return shapeOf(type) === 'plain' ? { kind: 'plain', ...valueIn(type, place), type } : pairOf(type, place);
}

/** The same, as a pair. */
export function pairOf(type: Type, place: () => Place): Operand & { readonly kind: 'pair' } {
  return { kind: 'pair', tag: place(), ...valueIn(type, place), type };
}

function valueIn(type: Type, place: () => Place): { at: Place; low?: Place } {
  const at = place();
  return has(type, ADDRESS) ? { at, low: place() } : { at };
}

/** The words of a variable of a type. */
export const wordsOf = (type: Type): number => (shapeOf(type) === 'plain' ? 1 : 2) + (has(type, ADDRESS) ? 1 : 0);

/** Where the words of a value are. */
export function placesOf(operand: Operand): Place[] {
  if (operand.kind === 'constant') return [];
  const { at, low } = operand;
  return [...(operand.kind === 'pair' ? [operand.tag] : []), at, ...(low === undefined ? [] : [low])];
}

/** The same operand in other places. */
export function moved<T extends Operand>(operand: T, to: (place: Place) => Place): T;
export function moved(operand: Operand, to: (place: Place) => Place): Operand {
  if (operand.kind === 'constant') return operand;
  const { low } = operand;
  const words = { at: to(operand.at), ...(low === undefined ? {} : { low: to(low) }) };
  return operand.kind === 'pair' ? { ...operand, tag: to(operand.tag), ...words } : { ...operand, ...words };
}

export type Shape = 'plain' | 'pair';

/** How many kinds of values with a payload a type has. */
const kindsOf = (type: Type): number =>
  type.headers.length + [INTEGER, STRING, SLICE, ADDRESS].filter((atom) => has(type, atom)).length;

/** How a variable of a type is stored. */
export function shapeOf(type: Type): Shape {
  if (isOnly(type, INTEGER) || isOnly(type, ADDRESS)) return 'plain';
  if (kindsOf(type) > 1 || has(type, ADDRESS)) return 'pair';
  return has(type, INTEGER) && (type.low < 0n || type.high >= BigInt(TRUE_CODE)) ? 'pair' : 'plain';
}

/** The tag of the values of a type that are not nil, false or true; the type has one kind of them at most. */
export function tagOf(type: Type): number {
  if (has(type, HEADER)) return headerTag(type.headers[0]!);
  if (has(type, ADDRESS)) return ADDRESS_TAG;
  return has(type, STRING) ? STRING_TAG : has(type, SLICE) ? SLICE_TAG : INTEGER_TAG;
}

/** Whether a plain operand of this type may hold a code. */
export const isCoded = (type: Type): boolean => has(type, NIL | BOOLEAN);
