/** The range of an integer operation's result, from its operands' ranges. Too wide is right, too narrow is not. */

import type { Range } from './kinds.ts';

export const full: Range = { low: -(2 ** 63), high: 2 ** 63 };

const hullOf = (...values: number[]): Range => ({ low: Math.min(...values), high: Math.max(...values) });

/** The smallest 2^k - 1 that is no less than both magnitudes. */
function bitsOf(a: Range, b: Range): number {
  const most = Math.max(a.high, b.high, -1 - a.low, -1 - b.low);
  let bits = 1;
  while (bits - 1 < most) bits *= 2;
  return bits - 1;
}

function andRange(a: Range, b: Range): Range {
  if (a.low >= 0 && b.low >= 0) return { low: 0, high: Math.min(a.high, b.high) };
  if (a.low >= 0) return { low: 0, high: a.high };
  if (b.low >= 0) return { low: 0, high: b.high };
  return { low: -1 - bitsOf(a, b), high: bitsOf(a, b) };
}

const orRange = (a: Range, b: Range): Range => ({
  low: a.low >= 0 && b.low >= 0 ? 0 : -1 - bitsOf(a, b),
  high: bitsOf(a, b),
});

/** A shift by any count: logical, so a negative number can become anything. */
function shiftRange(a: Range, count: Range): Range {
  if (a.low < 0) return full;
  return { low: 0, high: a.high * 2 ** Math.min(Math.max(count.high, 0), 64) };
}

function divideRange(a: Range): Range {
  const most = Math.max(Math.abs(a.low), Math.abs(a.high));
  return { low: -most, high: most };
}

/** By operator, as Lua writes it. */
export const ranges = {
  '+': (a, b) => ({ low: a.low + b.low, high: a.high + b.high }),
  '-': (a, b) => ({ low: a.low - b.high, high: a.high - b.low }),
  '*': (a, b) => hullOf(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high),
  '//': (a) => divideRange(a),
  '%': (_, b) => ({ low: Math.min(0, b.low), high: Math.max(0, b.high) }),
  '&': andRange,
  '|': orRange,
  '~': orRange,
  '<<': shiftRange,
  '>>': (a, b) => shiftRange(a, { low: -b.high, high: -b.low }),
} as const satisfies Record<string, (a: Range, b: Range) => Range>;

export type IntegerOperator = keyof typeof ranges;
