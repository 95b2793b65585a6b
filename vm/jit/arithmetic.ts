/** ALU operations and comparisons, of either width. */
import type { AluOperation, JumpOperation } from '../isa/arithmetic.ts';
import type { Instruction } from '../isa/codec.ts';
import { S_ALU, SRC_X, XF } from '../isa/instructions.ts';
import { X } from '../isa/registers.ts';
import type { Frame } from './frame.ts';
import { copied, slotOf } from './slots.ts';
import { I32, I64, type Opcode, op } from './wasm.ts';

type Pair = readonly [i32: Opcode, i64: Opcode];

const binary = {
  add: [op.i32_add, op.i64_add],
  sub: [op.i32_sub, op.i64_sub],
  mul: [op.i32_mul, op.i64_mul],
  or: [op.i32_or, op.i64_or],
  and: [op.i32_and, op.i64_and],
  xor: [op.i32_xor, op.i64_xor],
} as const satisfies Partial<Record<AluOperation, Pair>>;

const divisions = {
  div: [op.i32_div_u, op.i64_div_u],
  mod: [op.i32_rem_u, op.i64_rem_u],
  sdiv: [op.i32_div_s, op.i64_div_s],
  smod: [op.i32_rem_s, op.i64_rem_s],
} as const satisfies Partial<Record<AluOperation, Pair>>;

const shifts = {
  lsh: [op.i32_shl, op.i64_shl],
  rsh: [op.i32_shr_u, op.i64_shr_u],
  arsh: [op.i32_shr_s, op.i64_shr_s],
} as const satisfies Partial<Record<AluOperation, Pair>>;

const ltU: Pair = [op.i32_lt_u, op.i64_lt_u];
const eqz: Pair = [op.i32_eqz, op.i64_eqz];

/** What an ALU instruction on other than V registers computes. */
export function arithmetic(f: Frame, operation: AluOperation, i: Instruction, pc: number): void {
  const { w } = f;
  const copy = copied(i);
  // Registers that hold 32 bits are copied as such.
  const wide = i.reg >= 32 && (copy === undefined || f.isWide(copy.from) || f.isWide(copy.to));
  const width = wide ? 1 : 0;
  const three = (i.variant.bits & XF) !== 0;
  const byRegister = (i.variant.bits & SRC_X) !== 0;
  const left = (): void => f.get(three ? i.jf : i.reg, wide);
  const right = (): void => (byRegister ? f.get(three ? i.jt : X, wide) : f.constant(i, wide));
  const literal = (value: number): void => void (wide ? w.i64(value) : w.i32(value));
  // A division may end the run.
  const mark = operation in divisions ? undefined : w.mark();
  if (i.variation?.kind === 'modulo') {
    left();
    right();
    w.op(shifts[operation as 'lsh' | 'rsh'][0]);
  } else if (operation === 'mov') (three ? left : right)();
  else if (operation === 'neg') {
    literal(0);
    left();
    w.op(wide ? op.i64_sub : op.i32_sub);
  } else if (operation in binary) {
    left();
    right();
    w.op(binary[operation as keyof typeof binary][width]);
  } else if (operation in shifts) {
    const shift = shifts[operation as keyof typeof shifts][width];
    if (byRegister) shiftBy(f, operation, shift, wide, left, right);
    else shiftByConstant(f, operation, shift, i, left);
  } else divide(f, operation as keyof typeof divisions, i, pc, left, right);
  f.set(i.reg, wide, mark);
}

/** A count from the width up shifts all out, the sign in. */
function shiftByConstant(f: Frame, operation: AluOperation, shift: Opcode, i: Instruction, left: () => void): void {
  const { w } = f;
  const wide = i.reg >= 32;
  const bits = wide ? 64 : 32;
  // With S, a negative k is a count past every width, as k itself is.
  const isOut = i.k >= bits;
  if (isOut && operation !== 'arsh') {
    if (wide) w.i64(0);
    else w.i32(0);
    return;
  }
  const by = isOut ? bits - 1 : i.k;
  left();
  if (wide) w.i64(by);
  else w.i32(by);
  w.op(shift);
}

function shiftBy(
  f: Frame,
  operation: AluOperation,
  shift: Opcode,
  wide: boolean,
  left: () => void,
  right: () => void,
): void {
  const { w } = f;
  const type = wide ? I64 : I32;
  const bits = wide ? 64 : 32;
  const by = f.scratch('by', type);
  const literal = (value: number): void => void (wide ? w.i64(value) : w.i32(value));
  left();
  right();
  w.tee(by);
  if (operation === 'arsh') {
    // The least of the count and width - 1.
    literal(bits - 1);
    w.get(by);
    literal(bits);
    w.op(ltU[wide ? 1 : 0], op.select, shift);
    return;
  }
  w.op(shift);
  literal(0);
  w.get(by);
  literal(bits);
  w.op(ltU[wide ? 1 : 0], op.select);
}

/** By zero is fault 4; MIN / -1 wraps, where WebAssembly would trap: the quotient by -1 is the negated dividend. */
function divide(
  f: Frame,
  operation: keyof typeof divisions,
  i: Instruction,
  pc: number,
  left: () => void,
  right: () => void,
): void {
  const { w } = f;
  const wide = i.reg >= 32;
  const width = wide ? 1 : 0;
  const type = wide ? I64 : I32;
  const byRegister = (i.variant.bits & SRC_X) !== 0;
  const divisor = f.scratch('divisor', type);
  right();
  w.set(divisor);
  if (byRegister)
    f.failIf(4, pc, () => {
      w.get(divisor).op(eqz[width]);
    });
  if (operation !== 'sdiv') {
    left();
    w.get(divisor).op(divisions[operation][width]);
    return;
  }
  const literal = (value: number): void => void (wide ? w.i64(value) : w.i32(value));
  const dividend = f.scratch('dividend', type);
  const isMinusOne = (): void => {
    w.get(divisor);
    literal(-1);
    w.op(wide ? op.i64_eq : op.i32_eq);
  };
  left();
  w.set(dividend);
  literal(0);
  w.get(dividend).op(wide ? op.i64_sub : op.i32_sub);
  w.get(dividend);
  literal(1);
  w.get(divisor);
  isMinusOne();
  w.op(op.select, divisions.sdiv[width]);
  isMinusOne();
  w.op(op.select);
}

/** The low k bits, as they are or with their bytes swapped. */
export function endian(f: Frame, i: Instruction): void {
  const { w } = f;
  const swaps = (i.variant.bits & (SRC_X | S_ALU)) !== 0;
  const wide = i.k === 64;
  const mark = w.mark();
  f.get((i.variant.bits & XF) !== 0 ? i.jf : i.reg, wide);
  if (i.k === 16) {
    if (swaps) swap16(f);
    else w.i32(0xffff).op(op.i32_and);
  } else if (swaps && wide) swap64(f);
  else if (swaps) swap32(f);
  f.set(i.reg, wide, mark);
}

/** Swaps the bytes of the low 16 bits of the i32 on the stack, by way of a local; those above are lost. */
export function swap16(f: Frame, v: number = f.scratch('swap', I32)): void {
  f.w.tee(v).i32(8).op(op.i32_shl).i32(0xff00).op(op.i32_and);
  f.w.get(v).i32(8).op(op.i32_shr_u).i32(0xff).op(op.i32_and, op.i32_or);
}

export function swap32(f: Frame, v: number = f.scratch('swap', I32)): void {
  f.w.tee(v).i32(8).op(op.i32_rotl).i32(0x00ff00ff).op(op.i32_and);
  f.w.get(v).i32(24).op(op.i32_rotl).i32(0xff00ff00).op(op.i32_and, op.i32_or);
}

export function swap64(f: Frame): void {
  const v = f.scratch('swap', I64);
  const exchange = (bits: number, mask: bigint): void => {
    f.w.tee(v).i64(bits).op(op.i64_shr_u).i64(mask).op(op.i64_and);
    f.w.get(v).i64(mask).op(op.i64_and).i64(bits).op(op.i64_shl, op.i64_or);
  };
  exchange(8, 0x00ff00ff00ff00ffn);
  exchange(16, 0x0000ffff0000ffffn);
  f.w.i64(32).op(op.i64_rotl);
}

/** Comparisons, and what holds where they do not. */
const comparisons = {
  jeq: { holds: [op.i32_eq, op.i64_eq], fails: [op.i32_ne, op.i64_ne] },
  jgt: { holds: [op.i32_gt_u, op.i64_gt_u], fails: [op.i32_le_u, op.i64_le_u] },
  jge: { holds: [op.i32_ge_u, op.i64_ge_u], fails: [op.i32_lt_u, op.i64_lt_u] },
  jsgt: { holds: [op.i32_gt_s, op.i64_gt_s], fails: [op.i32_le_s, op.i64_le_s] },
  jsge: { holds: [op.i32_ge_s, op.i64_ge_s], fails: [op.i32_lt_s, op.i64_lt_s] },
} as const satisfies Partial<Record<JumpOperation, { readonly holds: Pair; readonly fails: Pair }>>;

/** Puts on the stack whether a comparison of other than V registers holds, or (`isWanted` false) fails. */
export function comparison(f: Frame, operation: JumpOperation, i: Instruction, isWanted: boolean): void {
  const { w } = f;
  const wide = i.reg >= 32;
  if ((operation === 'jeq' || operation === 'jset') && compareUnswapped(f, operation, i, isWanted)) return;
  f.get(i.reg, wide);
  if ((i.variant.bits & SRC_X) !== 0) f.get((i.variant.bits & XF) !== 0 ? i.k : X, wide);
  else f.constant(i, wide);
  if (operation !== 'jset') {
    w.op(comparisons[operation][isWanted ? 'holds' : 'fails'][wide ? 1 : 0]);
    return;
  }
  w.op(wide ? op.i64_and : op.i32_and);
  if (!isWanted) w.op(wide ? op.i64_eqz : op.i32_eqz);
  else if (wide) w.i64(0).op(op.i64_ne);
}

/** The same with the constant's bytes swapped in place of those that were loaded, where bits alone matter. */
function compareUnswapped(f: Frame, operation: 'jeq' | 'jset', i: Instruction, isWanted: boolean): boolean {
  const { w } = f;
  const loaded = f.unswapped.get(slotOf(i.reg));
  if (loaded === undefined || (i.variant.bits & SRC_X) !== 0) return false;
  const { bits, local } = loaded;
  // Of a constant that has more bits, those are 0 in what was loaded.
  const isLonger = (i.reg >= 32 && i.signed && i.k >>> 31 === 1) || (bits === 16 && i.k >>> 16 !== 0);
  if (isLonger && operation === 'jeq') return false;
  const word = ((i.k & 0xff) << 24) | ((i.k & 0xff00) << 8) | ((i.k >>> 8) & 0xff00) | (i.k >>> 24);
  w.get(local).i32(bits === 16 ? word >>> 16 : word);
  if (operation === 'jeq') w.op(isWanted ? op.i32_eq : op.i32_ne);
  else {
    w.op(op.i32_and);
    if (!isWanted) w.op(op.i32_eqz);
  }
  return true;
}
