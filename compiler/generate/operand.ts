/**
 * Delayed values, after Lua's own `expdesc`: where the value of an expression is, before anyone has asked for it to be
 * anywhere in particular.
 *
 * A value of mixed type has one of two shapes. **Coded**: one 32-bit register, in which nil, false and true are the
 * three numbers at the top of the range, and every other number is an integer, the offset of a header, the number of a
 * constant string, or the offset of a slice, whose length stands in the upper half. **Pair**, where an integer may need
 * that room or the value can be of several kinds: a tag, coded alike with a number for each kind, and the value. A value
 * that is always an integer is plain: 64 bits in a register, which is also what a coded integer is.
 */
import type { ConstantValue } from '../check/tree.ts';
import { BOOLEAN, HEADER, has, INTEGER, isOnly, NIL, SLICE, STRING, type Type } from '../check/types.ts';
import { type HeaderName, headers } from '../protocols/table.ts';

export const NIL_CODE = 0xffffffff;
export const FALSE_CODE = 0xfffffffe;
export const TRUE_CODE = 0xfffffffd;
/** The tag of an integer. */
export const INTEGER_TAG = 0;
/** The tag of a header's kind. */
export const headerTag = (name: HeaderName): number => 1 + Object.keys(headers).indexOf(name);
/** Tags above those of all headers. */
export const STRING_TAG = 0x100;
export const SLICE_TAG = 0x101;

/** One word of a value: a 64-bit register's number, or a word of M[]. `owned`: free once used. */
export type Place =
  | { readonly kind: 'register'; readonly register: number; readonly owned: boolean }
  | { readonly kind: 'memory'; readonly word: number; readonly owned: boolean };

export type Operand = { readonly type: Type } & (
  | { readonly kind: 'constant'; readonly value: ConstantValue }
  /** An integer, or a coded value, as its type says. */
  | { readonly kind: 'plain'; readonly at: Place }
  | { readonly kind: 'pair'; readonly tag: Place; readonly at: Place }
);

export type Shape = 'plain' | 'pair';

/** How many kinds of values with a payload a type has. */
const kindsOf = (type: Type): number =>
  type.headers.length + [INTEGER, STRING, SLICE].filter((atom) => has(type, atom)).length;

/** How a variable of a type is stored. */
export function shapeOf(type: Type): Shape {
  if (isOnly(type, INTEGER)) return 'plain';
  if (kindsOf(type) > 1) return 'pair';
  return has(type, INTEGER) && (type.low < 0n || type.high >= BigInt(TRUE_CODE)) ? 'pair' : 'plain';
}

/** The tag of the values of a type that are not nil, false or true; the type has one kind of them at most. */
export function tagOf(type: Type): number {
  if (has(type, HEADER)) return headerTag(type.headers[0]!);
  return has(type, STRING) ? STRING_TAG : has(type, SLICE) ? SLICE_TAG : INTEGER_TAG;
}

/** Whether a plain operand of this type may hold a code. */
export const isCoded = (type: Type): boolean => has(type, NIL | BOOLEAN);
