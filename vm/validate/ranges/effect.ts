/**
 * What an instruction does to what is known, by itself: values that it computes, and what a comparison says on either
 * of its ways. What is not listed here writes a value of which nothing is known.
 */
import { type Instruction, sizeOf } from '../../isa/codec.ts';
import { type Mnemonic, S_ALU, SRC_X, sizeBytes, XF } from '../../isa/instructions.ts';
import {
  AA,
  AS,
  isLoopCounter,
  isPseudo,
  isVector,
  LC0,
  pseudoValue,
  specialRegister,
  X,
  Y,
} from '../../isa/registers.ts';
import { lastWord } from '../fields.ts';
import { counterSlot, doorSlot, isNarrow, slotOf, wordSlot } from './slots.ts';
import { type Above, caplen, constant, farthest, moved, type State, type Value, withBoth } from './state.ts';

const U32 = 0xffffffff;
const { POSITIVE_INFINITY: INFINITY } = Number;

/** A 64-bit value of which nothing is known. */
const unknown = (state: State): Value => state.fresh(-INFINITY, INFINITY);
const u32 = (state: State): Value => state.fresh(0, U32);

/** A constant of 64 bits, if numbers can tell it. */
const constantOf = (state: State, value: number): Value =>
  Math.abs(value) <= farthest ? constant(value) : unknown(state);

/** The low 32 bits of a value, zero-extended. */
const narrowed = (state: State, value: Value): Value => (state.within(value, 0, U32) ? value : u32(state));

/** What a slot holds: a value of which nothing was known gets a name, so that a comparison can say something of it. */
function held(state: State, slot: number): Value {
  const known = state.get(slot);
  if (known !== undefined) return known;
  const value = isNarrow(slot) ? u32(state) : unknown(state);
  state.set(slot, value);
  return value;
}

/** What an operand means to an operation of a width; `depth` are the bodies around the instruction. */
export function read(state: State, operand: number, isWide: boolean, depth: number): Value {
  if (isPseudo(operand)) {
    const value = BigInt.asIntN(64, pseudoValue(operand));
    return isWide ? constantOf(state, Number(value)) : constant(Number(BigInt.asUintN(32, value)));
  }
  const slot = isLoopCounter(operand) ? counterSlot(depth - (operand - LC0)) : slotOf(operand);
  const value = held(state, slot);
  return isWide && operand >= 32 ? value : narrowed(state, value);
}

/** Puts a value into a register, of which a 32-bit one holds the low half only. */
const put = (state: State, register: number, value: Value): void =>
  state.set(slotOf(register), register < 32 ? narrowed(state, value) : value);

/** k as the instruction means it at its width. */
const immediate = ({ k, signed }: Instruction, isWide: boolean): number => (signed && isWide ? k | 0 : k);

/** Takes in an instruction that only writes a register or words of M[]; false for any other. */
export function apply(state: State, i: Instruction, depth: number): boolean {
  const { mnemonic, row, reg } = i;
  const isSelector = (register: number): boolean => register >= AS;
  if (mnemonic === 'st.mem' || mnemonic === 'stx.mem') {
    const value = isVector(reg) || isSelector(reg) ? unknown(state) : held(state, slotOf(reg));
    for (let word = i.k; word <= lastWord(i); word++)
      state.set(wordSlot(word), sizeOf(i) === 'DW' ? value : narrowed(state, value));
  } else if (mnemonic === 'tax' || mnemonic === 'txa') {
    const special = specialRegister(i.high);
    const [from, to] = mnemonic === 'tax' ? [reg, special] : [special, reg];
    if (!isSelector(to)) put(state, to, isSelector(from) ? state.fresh(0, 0xffff) : read(state, from, false, depth));
  } else if (row.class === 'LD' || row.class === 'LDX') {
    if (!isVector(reg) && !isSelector(reg)) put(state, reg, loaded(state, i));
  } else if (row.class === 'ALU') {
    if (!isVector(reg)) put(state, reg, computed(state, i, depth));
  } else return false;
  return true;
}

/** Whether an instruction reads or writes bytes of the packet. */
export function accessesPacket({ row: { mode } }: Instruction): boolean {
  return mode === 'abs' || mode === 'ind' || mode === 'ind_y' || mode === 'msh' || mode === 'mshx';
}

/** The value of the register that an access adds to k; 0 for none. */
export function indexValue(state: State, i: Instruction, depth: number): Value {
  const { row, variant, jt } = i;
  if (row.mode === 'ind_y') return read(state, Y, false, depth);
  if (row.mode === 'ind' || row.mode === 'mshx')
    return read(state, variant.jt === 'index' && jt !== 0 ? jt : X, true, depth);
  return constant(0);
}

/** Bytes that an access of the packet moves. */
const bytesOf = (i: Instruction): number => {
  if (isVector(i.reg)) return 16;
  return i.row.mode === 'msh' || i.row.mode === 'mshx' ? 1 : sizeBytes[sizeOf(i)];
};

/** What an access ends at, counted from its index. */
export const endOf = (i: Instruction): number => i.k + bytesOf(i);

/** A run that is past an access has found its bytes captured, up to an end that is counted from its index. */
export function reach(state: State, i: Instruction, depth: number, end: number = endOf(i)): void {
  if (i.variation !== undefined) return;
  const index = indexValue(state, i, depth);
  state.learn(constant(0), index, 0);
  state.learn(index, caplen, -end);
}

/** What a load gives, before a special register cuts it to 32 bits. */
function loaded(state: State, i: Instruction): Value {
  const bits = 8 * sizeBytes[sizeOf(i)];
  switch (i.mnemonic) {
    case 'ld.imm':
    case 'ldx.imm':
      return constant(immediate(i, true));
    case 'ld.caplen':
    case 'ldx.caplen':
      return caplen;
    case 'ldx.msh':
    case 'ldx.mshx':
      return state.fresh(0, 60);
    case 'ld.mem':
    case 'ldx.mem': {
      const word = held(state, wordSlot(i.k));
      if (bits === 64) return word;
      return i.signed && !state.within(word, 0, 0x7fffffff)
        ? state.fresh(-0x80000000, 0x7fffffff)
        : narrowed(state, word);
    }
    default:
      if (bits === 64) return unknown(state);
      return i.signed ? state.fresh(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) : state.fresh(0, 2 ** bits - 1);
  }
}

function computed(state: State, i: Instruction, depth: number): Value {
  const isWide = i.reg >= 32;
  const isThree = (i.variant.bits & XF) !== 0;
  const x = read(state, isThree ? i.jf : i.reg, isWide, depth);
  const byRegister = (i.variant.bits & SRC_X) !== 0;
  if (i.mnemonic === 'mov' && isThree) return x;
  if (i.mnemonic === 'endian') {
    const most = 2 ** i.k - 1;
    if (i.k === 64) return (i.variant.bits & (SRC_X | S_ALU)) === 0 ? x : unknown(state);
    return (i.variant.bits & (SRC_X | S_ALU)) === 0 && state.within(x, 0, most) ? x : state.fresh(0, most);
  }
  const y = byRegister ? read(state, isThree ? i.jt : X, isWide, depth) : constantOf(state, immediate(i, isWide));
  const value = operations[i.mnemonic]?.(state, x, y, isWide);
  if (value === undefined) return isWide ? unknown(state) : u32(state);
  return isWide ? value : narrowed(state, value);
}

/** Undefined: nothing is known of the result, which may have wrapped. */
type Operation = (state: State, x: Value, y: Value, isWide: boolean) => Value | undefined;

/** The constant that a value is, if it is one. */
function constantIn(state: State, value: Value): number | undefined {
  const low = state.low(value);
  return low === state.high(value) ? low : undefined;
}

/** A value and a constant: the same unknown. Narrow ones count modulo 2^32. */
function shifted(state: State, x: Value, by: number, isWide: boolean): Value | undefined {
  for (const k of isWide ? [by] : [by, by - 2 ** 32, by + 2 ** 32]) {
    const value = { root: x.root, offset: x.offset + k };
    if (isWide ? state.within(value, -farthest, farthest) : state.within(value, 0, U32)) return value;
  }
  return undefined;
}

/** An interval that no operation has wrapped at. */
function between(state: State, low: number, high: number, above?: Above): Value | undefined {
  return low >= -farthest && high <= farthest ? state.fresh(low, high, above) : undefined;
}

/** For what is at most x and not below 0, as long as x is not. */
const lessened = (state: State, x: Value, high: number): Value | undefined =>
  state.low(x) >= 0 ? state.fresh(0, Math.min(high, state.high(x)), state.above(x)) : undefined;

/** All bits up to the highest that a value has. */
function onesUpTo(value: number): number {
  let bound = 1;
  while (bound <= value) bound *= 2;
  return bound - 1;
}

const bitwise: Operation = (state, x, y) => {
  const high = Math.max(state.high(x), state.high(y));
  return state.low(x) >= 0 && state.low(y) >= 0 && high <= farthest ? state.fresh(0, onesUpTo(high)) : undefined;
};

const operations: Partial<Record<Mnemonic, Operation>> = {
  mov: (_, __, y) => y,
  add: (state, x, y, isWide) => {
    const [a, b] = [constantIn(state, x), constantIn(state, y)];
    if (b !== undefined) return shifted(state, x, b, isWide);
    if (a !== undefined) return shifted(state, y, a, isWide);
    const above = withBoth(moved(state.above(x), state.high(y)), moved(state.above(y), state.high(x)));
    const sum = between(state, state.low(x) + state.low(y), state.high(x) + state.high(y), above);
    // Only the door asks what is at most something that goes on.
    if (sum === undefined || state.get(doorSlot) === undefined) return sum;
    if (Number.isFinite(state.low(y))) state.learn(x, sum, -state.low(y));
    if (Number.isFinite(state.low(x))) state.learn(y, sum, -state.low(x));
    return sum;
  },
  sub: (state, x, y, isWide) => {
    const b = constantIn(state, y);
    if (b !== undefined) return shifted(state, x, -b, isWide);
    const low = Math.max(state.low(x) - state.high(y), -state.excess(y, x));
    const high = Math.min(state.high(x) - state.low(y), state.excess(x, y));
    return between(state, low, high, moved(state.above(x), -state.low(y)));
  },
  mul: (state, x, y) => {
    if (state.low(x) < 0 || state.low(y) < 0) return undefined;
    return between(state, state.low(x) * state.low(y), state.high(x) * state.high(y));
  },
  neg: (state, x) => between(state, -state.high(x), -state.low(x)),
  and: (state, x, y) => {
    const [fromX, fromY] = [lessened(state, x, INFINITY), lessened(state, y, INFINITY)];
    if (fromX === undefined || fromY === undefined) return fromX ?? fromY;
    return state.fresh(0, Math.min(state.high(x), state.high(y)), withBoth(state.above(x), state.above(y)));
  },
  or: bitwise,
  xor: bitwise,
  lsh: (state, x, y) => {
    const by = constantIn(state, y);
    if (by === undefined || by < 0 || by > 50 || state.low(x) < 0) return undefined;
    return between(state, state.low(x) * 2 ** by, state.high(x) * 2 ** by);
  },
  rsh: (state, x, y, isWide) => {
    const by = constantIn(state, y);
    if (by === undefined || by < 0) return lessened(state, x, INFINITY);
    if (by >= (isWide ? 64 : 32)) return constant(0);
    if (state.low(x) < 0) return by < 14 ? undefined : state.fresh(0, 2 ** (64 - by) - 1);
    return state.fresh(Math.floor(state.low(x) / 2 ** by), Math.floor(state.high(x) / 2 ** by), state.above(x));
  },
  arsh: (state, x, y, isWide) => {
    const by = constantIn(state, y);
    if (by === undefined || by < 0 || by > 50 || (!isWide && state.high(x) > 0x7fffffff)) return undefined;
    return between(state, Math.floor(state.low(x) / 2 ** by), Math.floor(state.high(x) / 2 ** by));
  },
  div: (state, x, y) => {
    const by = constantIn(state, y);
    if (by === undefined || by <= 0 || state.low(x) < 0) return lessened(state, x, INFINITY);
    return state.fresh(Math.floor(state.low(x) / by), Math.floor(state.high(x) / by), state.above(x));
  },
  // A divisor of 0 is a fault, so what goes on is less than the divisor.
  mod: (state, x, y) => {
    const most = state.low(y) >= 0 ? state.high(y) - 1 : INFINITY;
    return lessened(state, x, most) ?? (most < INFINITY ? state.fresh(0, most) : undefined);
  },
  sdiv: (state, x, y, isWide) => {
    const by = constantIn(state, y);
    if (by === undefined || by <= 0 || (!isWide && Math.max(by, state.high(x)) > 0x7fffffff)) return undefined;
    return between(state, Math.trunc(state.low(x) / by), Math.trunc(state.high(x) / by));
  },
  smod: (state, x, y, isWide) => {
    const by = constantIn(state, y);
    if (by === undefined || by <= 0 || (!isWide && Math.max(by, state.high(x)) > 0x7fffffff)) return undefined;
    return lessened(state, x, by - 1) ?? state.fresh(1 - by, by - 1);
  },
};

/** The comparisons that order: x > y, or x >= y where they are not strict. */
const orders: Partial<Record<Mnemonic, { readonly strict: boolean; readonly isSigned: boolean }>> = {
  jgt: { strict: true, isSigned: false },
  jge: { strict: false, isSigned: false },
  jsgt: { strict: true, isSigned: true },
  jsge: { strict: false, isSigned: true },
};

/** Whether a jump goes by a comparison of integers. */
export const isComparison = (i: Instruction): boolean =>
  i.row.class === 'JMP' && i.mnemonic !== 'ja' && i.mnemonic !== 'jtbl' && !isVector(i.reg);

/** Takes in that a comparison held, or did not; false where it cannot, so that no run goes that way. */
export function assume(state: State, i: Instruction, depth: number, holds: boolean): boolean {
  const isWide = i.reg >= 32;
  const x = read(state, i.reg, isWide, depth);
  const right = (i.variant.bits & XF) !== 0 ? i.k : X;
  const y =
    (i.variant.bits & SRC_X) !== 0 ? read(state, right, isWide, depth) : constantOf(state, immediate(i, isWide));
  if (i.mnemonic === 'jeq') return holds ? state.learn(x, y, 0) && state.learn(y, x, 0) : differ(state, x, y);
  if (i.mnemonic === 'jset') return holds ? differ(state, x, constant(0)) : maskedOut(state, x, y);
  const { strict, isSigned } = orders[i.mnemonic]!;
  const [less, more] = holds ? [y, x] : [x, y];
  const by = strict === holds ? -1 : 0;
  if (isSigned) {
    const isSame = isWide || (state.high(x) <= 0x7fffffff && state.high(y) <= 0x7fffffff);
    return isSame ? state.learn(less, more, by) : true;
  }
  // What is not above a value that is not negative is itself not negative.
  if (state.low(more) < 0) return true;
  return state.learn(constant(0), less, 0) && state.learn(less, more, by);
}

/** x is not y: a bound moves where it was y. */
function differ(state: State, x: Value, y: Value): boolean {
  const by = constantIn(state, y);
  if (by === undefined) return true;
  if (state.low(x) === by && !state.learn(constant(by), x, -1)) return false;
  return state.high(x) !== by || state.learn(x, constant(by), -1);
}

/** x has none of the bits of a constant. */
function maskedOut(state: State, x: Value, y: Value): boolean {
  const bits = constantIn(state, y);
  if (bits === undefined || bits < 0 || bits > U32 || !state.within(x, 0, U32)) return true;
  return state.learn(x, constant((onesUpTo(state.high(x)) & ~bits) >>> 0), 0);
}

/** The count of a LOOP. A negative one is above every cap: it ends the run before the first pass. */
export function loopCount(state: State, i: Instruction, depth: number): Value {
  const choice = i.variant.bits & 0x18;
  if (choice === 0) return constant(i.k);
  return choice === 0x10 ? read(state, AA, true, depth) : read(state, X, false, depth);
}
