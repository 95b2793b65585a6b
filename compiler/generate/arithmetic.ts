/**
 * Arithmetic with Lua's meaning from the machine's: 32-bit operations where ranges show that they compute the same,
 * division rounded down, shifts by any count.
 */
import { XF } from '../../vm/isa/instructions.ts';
import type { ArithmeticOperator, ConstantValue, Expression } from '../check/tree.ts';
import { isU32, type Type } from '../check/types.ts';
import { asInteger, integerOf, type Register, value } from './expressions.ts';
import { type Generator, immediate } from './generator.ts';
import { headerLength } from './loads.ts';
import type { Operand } from './operand.ts';

const ARITHMETIC = 'attempt to perform arithmetic on';
const BITWISE = 'attempt to perform bitwise operation on';

type Binary = Expression & { kind: 'arithmetic' };
const direct = { '+': 'add', '-': 'sub', '*': 'mul', '&': 'and', '|': 'or', '~': 'xor' } as const;
const bitwise: ReadonlySet<ArithmeticOperator> = new Set(['&', '|', '~', '<<', '>>']);
const commutes: ReadonlySet<ArithmeticOperator> = new Set(['+', '*', '&', '|', '~']);
const isDirect = (operator: ArithmeticOperator): operator is keyof typeof direct => operator in direct;

export function arithmetic(g: Generator, node: Binary): Operand {
  const length = headerLengthOffset(node);
  if (length !== undefined) return { kind: 'plain', at: headerLength(g, length), type: node.type };
  const [left, right] = integersOf(g, node);
  // What asks for no more than that its operand is an integer.
  if (node.operator === '|' && right.kind === 'constant' && right.value === 0n) return left;
  const at = result(g, node, left, right);
  return { kind: 'plain', at, type: node.type };
}

/** Both operands, evaluated before either is looked at. */
export function integersOf(g: Generator, node: Binary): [Operand, Operand] {
  const first = g.park(value(g, node.left), node.right);
  const second = value(g, node.right);
  const message = bitwise.has(node.operator) ? BITWISE : ARITHMETIC;
  return [asInteger(g, first, node.left, message), asInteger(g, second, node.right, message)];
}

/** The offset of the byte of `(pkt:u8(o) & 15) * 4`, the length of an IPv4 header, for which the machine has a load. */
function headerLengthOffset(node: Binary): number | undefined {
  const masked = byConstant(node, '*', 4n) ?? byConstant(node, '<<', 2n);
  const load = masked?.kind === 'arithmetic' ? byConstant(masked, '&', 15n) : undefined;
  if (load?.kind !== 'load' || load.size !== 1 || load.signed || load.offset.kind !== 'constant') return undefined;
  const at = load.offset.value as bigint;
  return at >= 0n && at <= 0xffffffffn ? Number(at) : undefined;
}

/** What an operator and a constant are applied to; undefined where a node is not that. */
function byConstant(node: Binary, operator: ArithmeticOperator, constant: bigint): Expression | undefined {
  if (node.operator !== operator) return undefined;
  const { left, right } = node;
  if (right.kind === 'constant' && right.value === constant) return left;
  return commutes.has(operator) && left.kind === 'constant' && left.value === constant ? right : undefined;
}

/** Whether the low halves tell all of `left & right`. */
export const isNarrowAnd = (left: Operand, right: Operand): boolean => isU32(left.type) || isU32(right.type);

function result(g: Generator, { operator, type }: Binary, left: Operand, right: Operand): Register {
  const natural = left.type.low >= 0n && right.type.low >= 0n;
  const narrow = operator === '&' ? isNarrowAnd(left, right) : isU32(left.type) && isU32(right.type) && isU32(type);
  if (isDirect(operator)) {
    // A difference of naturals may be negative in between, but not at the end: narrow says that it is not.
    const swap = left.kind === 'constant' && commutes.has(operator);
    return binary(g, direct[operator], swap ? right : left, swap ? left : right, !narrow);
  }
  if (operator === '<<' || operator === '>>') return shift(g, operator, left, right, narrow);
  const by = right.kind === 'constant' ? (right.value as bigint) : undefined;
  if (natural) {
    if (by !== undefined && isPowerOfTwo(by)) return byPowerOfTwo(g, operator, left, by, !narrow);
    return binary(g, operator === '//' ? 'div' : 'mod', left, right, !(isU32(left.type) && isU32(right.type)));
  }
  if (by !== undefined && isPowerOfTwo(by)) return byPowerOfTwo(g, operator, left, by, true);
  return floored(g, operator, left, right);
}

export const isPowerOfTwo = (value: ConstantValue): boolean =>
  typeof value === 'bigint' && value > 0n && (value & (value - 1n)) === 0n;

/** One instruction: the right operand as k where it fits, the result in a register that is free by then. */
function binary(
  g: Generator,
  mnemonic: 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'lsh' | 'rsh' | 'arsh',
  left: Operand,
  right: Operand,
  wide: boolean,
): Register {
  const a = g.register(left);
  const short = right.kind === 'constant' ? (right.value as bigint) : undefined;
  // The validator refuses a division by the constant 0; one in a register is a fault when it runs, as in Lua.
  const byConstant =
    short !== undefined &&
    immediate(short) !== undefined &&
    !(short === 0n && (mnemonic === 'div' || mnemonic === 'mod'));
  const b = byConstant ? undefined : g.register(right);
  const to = a.owned ? a : b?.owned ? b : g.take();
  g.alu(mnemonic, to.register, a.register, b === undefined ? short! : b.register, wide);
  if (b?.owned && b !== to) g.registers.release(b);
  return to;
}

/** Rounds down by itself: an arithmetic shift for `//`, a mask for `%`. */
function byPowerOfTwo(g: Generator, operator: ArithmeticOperator, left: Operand, by: bigint, wide: boolean): Register {
  const a = g.register(left);
  const to = a.owned ? a : g.take();
  const bits = BigInt(by.toString(2).length - 1);
  if (operator === '%') g.alu('and', to.register, a.register, by - 1n, wide);
  else g.alu(wide ? 'arsh' : 'rsh', to.register, a.register, bits, wide);
  return to;
}

/**
 * The machine rounds toward zero, Lua down: where the remainder is not 0 and has not the divisor's sign, the quotient
 * is one too large, and the remainder short of a divisor.
 */
function floored(g: Generator, operator: ArithmeticOperator, left: Operand, right: Operand): Register {
  const a = g.register(left);
  const b = g.register(right);
  const remainder = g.take();
  const to = operator === '%' ? remainder : g.take();
  const done = g.emit.label();
  const inexact = g.emit.label();
  const down = g.emit.label();
  g.alu('smod', remainder.register, a.register, b.register, true);
  if (operator === '//') g.alu('sdiv', to.register, a.register, b.register, true);
  g.compare('jeq', remainder.register, 0n, true, done, inexact);
  g.emit.place(inexact);
  const signs = g.take();
  g.alu('xor', signs.register, remainder.register, b.register, true);
  g.compare('jsge', signs.register, 0n, true, done, down);
  g.emit.place(down);
  if (operator === '//') g.alu('sub', to.register, to.register, 1n, true);
  else g.alu('add', to.register, to.register, b.register, true);
  g.emit.place(done);
  g.registers.release(signs);
  for (const place of [a, b]) if (place.owned) g.registers.release(place);
  if (to !== remainder) g.registers.release(remainder);
  return to;
}

/** Shifts by any count: past the width gives 0, by the machine too; a negative count shifts the other way. */
function shift(g: Generator, operator: '<<' | '>>', left: Operand, right: Operand, narrow: boolean): Register {
  const [forward, back] = operator === '<<' ? (['lsh', 'rsh'] as const) : (['rsh', 'lsh'] as const);
  if (right.kind === 'constant') {
    const by = right.value as bigint;
    const count = by < 0n ? -by : by;
    const capped: Operand = { ...right, value: count > 64n ? 64n : count };
    return binary(g, by < 0n ? back : forward, left, capped, !narrow);
  }
  // 32 bits hold what leaves on the left only by `narrow`, and a count of 32 bits or more gives 0 in both widths.
  if (right.type.low >= 0n) return binary(g, forward, left, right, !narrow);
  const a = g.register(left);
  const b = g.register(right);
  const to = g.take();
  const positive = g.emit.label();
  const negative = g.emit.label();
  const done = g.emit.label();
  g.compare('jsge', b.register, 0n, true, positive, negative);
  g.emit.place(negative);
  g.emit.op('neg', XF, { reg: to.register, jf: b.register });
  g.alu(back, to.register, a.register, to.register, true);
  g.emit.jump(done);
  g.emit.place(positive);
  g.alu(forward, to.register, a.register, b.register, true);
  g.emit.place(done);
  for (const place of [a, b]) if (place.owned) g.registers.release(place);
  return to;
}

export function negate(g: Generator, node: Expression & { kind: 'negate' | 'complement' }): Operand {
  const a = g.register(integerOf(g, node.operand, ARITHMETIC));
  const to = a.owned ? a : g.take();
  g.emit.op('neg', XF, { reg: to.register, jf: a.register });
  return { kind: 'plain', at: to, type: node.type };
}

export function complement(g: Generator, node: Expression & { kind: 'negate' | 'complement' }): Operand {
  const a = g.register(integerOf(g, node.operand, BITWISE));
  const to = a.owned ? a : g.take();
  g.alu('xor', to.register, a.register, -1n, true);
  return { kind: 'plain', at: to, type: node.type };
}

/** `math.min`, `max`, `abs`, whose operands are all evaluated before any is looked at. */
export function mathValue(g: Generator, node: Expression & { kind: 'math' }): Operand {
  const evaluated = node.operands.map((operand) => g.park(value(g, operand)));
  const operands = evaluated.map((operand, i) =>
    asInteger(g, operand, node.operands[i]!, 'bad argument, a number is wanted but it is'),
  );
  const first = g.register(operands[0]!);
  const to = first.owned ? first : g.take();
  g.move(to.register, first.register, true);
  if (node.name === 'abs') absolute(g, to, operands[0]!.type);
  else for (const operand of operands.slice(1)) pick(g, node.name, to, operand);
  return { kind: 'plain', at: to, type: node.type };
}

function absolute(g: Generator, to: Register, type: Type): void {
  if (type.low >= 0n) return;
  const done = g.emit.label();
  const negative = g.emit.label();
  g.compare('jsge', to.register, 0n, true, done, negative);
  g.emit.place(negative);
  g.emit.op('neg', XF, { reg: to.register, jf: to.register });
  g.emit.place(done);
}

/** Puts the operand in `to` where it is the lesser (or greater) one. */
function pick(g: Generator, name: 'min' | 'max', to: Register, operand: Operand): void {
  const done = g.emit.label();
  const take = g.emit.label();
  const other = g.register(operand);
  const [yes, no] = name === 'min' ? [take, done] : [done, take];
  g.compare('jsgt', to.register, other.register, true, yes, no);
  g.emit.place(take);
  g.move(to.register, other.register, true);
  g.emit.place(done);
  if (other.owned) g.registers.release(other);
}
