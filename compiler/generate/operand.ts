/**
 * Delayed values, after Lua's own `expdesc`: where the value of an expression is, before anyone has asked for it to be
 * anywhere in particular.
 *
 * A value of mixed type has one of two shapes. **Coded**: one 32-bit register, in which nil, false and true are the
 * three numbers at the top of the range, and every other number is an integer, or the offset of a header. **Pair**,
 * where an integer may need that room or a header can be of several kinds: a tag, coded alike with 0 for an integer
 * and n for the nth kind of header, and the value. A value that is always an integer is plain: 64 bits in a register,
 * which is also what a coded integer is.
 */
import type { ConstantValue } from '../check/tree.ts';
import { BOOLEAN, HEADER, has, INTEGER, isOnly, NIL, type Type } from '../check/types.ts';
import { type HeaderName, headers } from '../protocols/table.ts';

export const NIL_CODE = 0xffffffff;
export const FALSE_CODE = 0xfffffffe;
export const TRUE_CODE = 0xfffffffd;
/** The tag of an integer. */
export const INTEGER_TAG = 0;
/** The tag of a header's kind. */
export const headerTag = (name: HeaderName): number => 1 + Object.keys(headers).indexOf(name);

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

/** How a variable of a type is stored. */
export function shapeOf(type: Type): Shape {
  if (isOnly(type, INTEGER)) return 'plain';
  if (has(type, HEADER) && (has(type, INTEGER) || type.headers.length > 1)) return 'pair';
  return has(type, INTEGER) && (type.low < 0n || type.high >= BigInt(TRUE_CODE)) ? 'pair' : 'plain';
}

/** What stands in a register for a constant: the integer, or the code. */
export function wordOf(value: ConstantValue): bigint {
  if (value === null) return BigInt(NIL_CODE);
  if (typeof value === 'bigint') return value;
  return BigInt(value ? TRUE_CODE : FALSE_CODE);
}

/** The tag of the values of a type that are not nil, false or true; the type has one kind of them at most. */
export const tagOf = (type: Type): number => (has(type, HEADER) ? headerTag(type.headers[0]!) : INTEGER_TAG);

/** Whether a plain operand of this type may hold a code. */
export const isCoded = (type: Type): boolean => has(type, NIL | BOOLEAN);
