/**
 * What arithmetic computes on constants, by the machine's own operations, and which range it has on ranges. A range
 * that could wrap is the whole range of 64 bits.
 */
import { fold } from '../../vm/isa/arithmetic.ts';
import type { ArithmeticOperator, MathFunction } from './tree.ts';
import { integer, maxInteger, minInteger, type Type } from './types.ts';

/** The value in Lua, or undefined for a division by zero. */
export function foldArithmetic(operator: ArithmeticOperator, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return fold('add', a, b);
    case '-':
      return fold('sub', a, b);
    case '*':
      return fold('mul', a, b);
    case '&':
      return fold('and', a, b);
    case '|':
      return fold('or', a, b);
    case '~':
      return fold('xor', a, b);
    case '<<':
      return b >= 0n ? fold('lsh', a, b) : fold('rsh', a, BigInt.asUintN(64, -b));
    case '>>':
      return b >= 0n ? fold('rsh', a, b) : fold('lsh', a, BigInt.asUintN(64, -b));
    case '//':
    case '%': {
      const quotient = fold('sdiv', a, b);
      const remainder = fold('smod', a, b);
      if (quotient === undefined || remainder === undefined) return undefined;
      // The machine rounds toward zero, Lua down.
      const down = remainder !== 0n && remainder < 0n !== b < 0n;
      if (operator === '//') return down ? quotient - 1n : quotient;
      return down ? remainder + b : remainder;
    }
  }
}

/** The range [low, high] if no value in it wraps, else every integer. */
const within = (low: bigint, high: bigint): Type =>
  low >= minInteger && high <= maxInteger ? integer(low, high) : integer();

/** The smallest 2^n - 1 that is not below `value`. */
function bitsUpTo(value: bigint): bigint {
  let mask = 1n;
  while (mask < value) mask = mask * 2n + 1n;
  return mask;
}

export function rangeOfArithmetic(operator: ArithmeticOperator, a: Type, b: Type): Type {
  const natural = a.low >= 0n && b.low >= 0n;
  switch (operator) {
    case '+':
      return within(a.low + b.low, a.high + b.high);
    case '-':
      return within(a.low - b.high, a.high - b.low);
    case '*': {
      const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
      return within(corners.reduce(least), corners.reduce(most));
    }
    case '//':
      return natural ? integer(0n, a.high) : integer();
    case '%':
      // The result has the divisor's sign; a divisor of zero gives no result.
      if (b.low > 0n) return integer(0n, a.low >= 0n ? least(a.high, b.high - 1n) : b.high - 1n);
      return natural ? integer(0n, least(a.high, most(b.high - 1n, 0n))) : integer();
    case '&':
      if (natural) return integer(0n, least(a.high, b.high));
      if (a.low >= 0n) return integer(0n, a.high);
      return b.low >= 0n ? integer(0n, b.high) : integer();
    case '|':
    case '~':
      return natural ? integer(0n, bitsUpTo(most(a.high, b.high))) : integer();
    case '<<':
      return a.low >= 0n && b.low >= 0n && b.high < 64n ? within(0n, a.high << b.high) : integer();
    case '>>':
      if (a.low >= 0n && b.low >= 0n) return integer(0n, b.low < 64n ? a.high >> b.low : 0n);
      return b.low > 0n ? integer(0n, b.low < 64n ? (2n ** 64n - 1n) >> b.low : 0n) : integer();
  }
}

export const rangeOfNegation = (a: Type): Type => within(-a.high, -a.low);
export const rangeOfComplement = (a: Type): Type => integer(-a.high - 1n, -a.low - 1n);

export function rangeOfMath(name: MathFunction, operands: readonly Type[]): Type {
  const lows = operands.map(({ low }) => low);
  const highs = operands.map(({ high }) => high);
  if (name === 'min') return integer(lows.reduce(least), highs.reduce(least));
  if (name === 'max') return integer(lows.reduce(most), highs.reduce(most));
  const [low, high] = [lows[0]!, highs[0]!];
  // math.abs(math.mininteger) wraps to itself.
  if (low === minInteger) return integer();
  if (low >= 0n) return integer(low, high);
  return integer(0n, most(-low, high));
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
