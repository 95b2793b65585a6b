/**
 * What every ALU operation and comparison computes: the one place that says it. The interpreter turns each row into
 * a step of a run; the compiler's constant folder runs the same rows on a file of its own, so folding cannot disagree
 * with running. Operands are slots of a register file; constants have been put into slots before.
 */
import { type RegisterFile, registerFile } from './registers.ts';

/** Returned in place of the next pc: the run ends by fault 4. */
export const DIVIDE_BY_ZERO = -4;

/** Computes `d := a op b`, then returns the next pc, or a negative number to stop. */
export type Step<Machine> = (machine: Machine) => number;
type Arithmetic = (d: number, a: number, b: number, next: number) => Step<RegisterFile>;
/** Goes to `t` if the comparison of slots a and b holds, else to `f`. */
type Comparison = (a: number, b: number, t: number, f: number) => Step<RegisterFile>;

export type AluOperation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'or'
  | 'and'
  | 'lsh'
  | 'rsh'
  | 'neg'
  | 'mod'
  | 'xor'
  | 'mov'
  | 'arsh'
  | 'sdiv'
  | 'smod';
export type JumpOperation = 'jeq' | 'jgt' | 'jge' | 'jset' | 'jsgt' | 'jsge';

/** A 32-bit result clears the upper half of its slot. Each row has its own closure, so that engines can inline it. */
export const alu32: Readonly<Record<AluOperation, Arithmetic>> = {
  add: (d, a, b, next) => (r) => {
    const v = r.u32[a * 2]! + r.u32[b * 2]!;
    r.u32[d * 2] = v;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  sub: (d, a, b, next) => (r) => {
    const v = r.u32[a * 2]! - r.u32[b * 2]!;
    r.u32[d * 2] = v;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  mul: (d, a, b, next) => (r) => {
    const v = Math.imul(r.u32[a * 2]!, r.u32[b * 2]!);
    r.u32[d * 2] = v;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  div: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    if (by === 0) return DIVIDE_BY_ZERO;
    r.u32[d * 2] = (r.u32[a * 2]! / by) >>> 0;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  or: (d, a, b, next) => (r) => {
    const v = r.u32[a * 2]! | r.u32[b * 2]!;
    r.u32[d * 2] = v;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  and: (d, a, b, next) => (r) => {
    const v = r.u32[a * 2]! & r.u32[b * 2]!;
    r.u32[d * 2] = v;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  lsh: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    r.u32[d * 2] = by > 31 ? 0 : r.u32[a * 2]! << by;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  rsh: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    r.u32[d * 2] = by > 31 ? 0 : r.u32[a * 2]! >>> by;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  neg: (d, a, _, next) => (r) => {
    r.u32[d * 2] = -r.u32[a * 2]!;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  mod: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    if (by === 0) return DIVIDE_BY_ZERO;
    r.u32[d * 2] = r.u32[a * 2]! % by;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  xor: (d, a, b, next) => (r) => {
    const v = r.u32[a * 2]! ^ r.u32[b * 2]!;
    r.u32[d * 2] = v;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  mov: (d, a, _, next) => (r) => {
    r.u32[d * 2] = r.u32[a * 2]!;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  arsh: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    r.u32[d * 2] = r.i32[a * 2]! >> (by > 31 ? 31 : by);
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  sdiv: (d, a, b, next) => (r) => {
    const by = r.i32[b * 2]!;
    if (by === 0) return DIVIDE_BY_ZERO;
    r.u32[d * 2] = (r.i32[a * 2]! / by) | 0;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
  smod: (d, a, b, next) => (r) => {
    const by = r.i32[b * 2]!;
    if (by === 0) return DIVIDE_BY_ZERO;
    r.u32[d * 2] = r.i32[a * 2]! % by;
    r.u32[d * 2 + 1] = 0;
    return next;
  },
};

/**
 * 64-bit operations. Shifts and bits work on the halves: a BigInt shift by a variable count allocates, and the
 * halves are several times faster.
 */
export const alu64: Readonly<Record<AluOperation, Arithmetic>> = {
  add: (d, a, b, next) => (r) => {
    r.i64[d] = r.i64[a]! + r.i64[b]!;
    return next;
  },
  sub: (d, a, b, next) => (r) => {
    r.i64[d] = r.i64[a]! - r.i64[b]!;
    return next;
  },
  mul: (d, a, b, next) => (r) => {
    r.i64[d] = r.i64[a]! * r.i64[b]!;
    return next;
  },
  div: (d, a, b, next) => (r) => {
    const by = r.u64[b]!;
    if (by === 0n) return DIVIDE_BY_ZERO;
    r.u64[d] = r.u64[a]! / by;
    return next;
  },
  or: (d, a, b, next) => (r) => {
    const high = r.u32[a * 2 + 1]! | r.u32[b * 2 + 1]!;
    r.u32[d * 2] = r.u32[a * 2]! | r.u32[b * 2]!;
    r.u32[d * 2 + 1] = high;
    return next;
  },
  and: (d, a, b, next) => (r) => {
    const high = r.u32[a * 2 + 1]! & r.u32[b * 2 + 1]!;
    r.u32[d * 2] = r.u32[a * 2]! & r.u32[b * 2]!;
    r.u32[d * 2 + 1] = high;
    return next;
  },
  lsh: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    const low = r.u32[a * 2]!;
    const high = r.u32[a * 2 + 1]!;
    const none = by > 63 || r.u32[b * 2 + 1] !== 0;
    r.u32[d * 2] = none || by > 31 ? 0 : low << by;
    r.u32[d * 2 + 1] = none ? 0 : by > 31 ? low << (by - 32) : by === 0 ? high : (high << by) | (low >>> (32 - by));
    return next;
  },
  rsh: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2]!;
    const low = r.u32[a * 2]!;
    const high = r.u32[a * 2 + 1]!;
    const none = by > 63 || r.u32[b * 2 + 1] !== 0;
    r.u32[d * 2] = none ? 0 : by > 31 ? high >>> (by - 32) : by === 0 ? low : (low >>> by) | (high << (32 - by));
    r.u32[d * 2 + 1] = none || by > 31 ? 0 : high >>> by;
    return next;
  },
  neg: (d, a, _, next) => (r) => {
    r.i64[d] = -r.i64[a]!;
    return next;
  },
  mod: (d, a, b, next) => (r) => {
    const by = r.u64[b]!;
    if (by === 0n) return DIVIDE_BY_ZERO;
    r.u64[d] = r.u64[a]! % by;
    return next;
  },
  xor: (d, a, b, next) => (r) => {
    const high = r.u32[a * 2 + 1]! ^ r.u32[b * 2 + 1]!;
    r.u32[d * 2] = r.u32[a * 2]! ^ r.u32[b * 2]!;
    r.u32[d * 2 + 1] = high;
    return next;
  },
  mov: (d, a, _, next) => (r) => {
    r.u32[d * 2] = r.u32[a * 2]!;
    r.u32[d * 2 + 1] = r.u32[a * 2 + 1]!;
    return next;
  },
  arsh: (d, a, b, next) => (r) => {
    const by = r.u32[b * 2 + 1] !== 0 || r.u32[b * 2]! > 63 ? 63 : r.u32[b * 2]!;
    const low = r.u32[a * 2]!;
    const high = r.i32[a * 2 + 1]!;
    r.u32[d * 2] = by > 31 ? high >> (by - 32) : by === 0 ? low : (low >>> by) | (high << (32 - by));
    r.u32[d * 2 + 1] = high >> (by > 31 ? 31 : by);
    return next;
  },
  sdiv: (d, a, b, next) => (r) => {
    const by = r.i64[b]!;
    if (by === 0n) return DIVIDE_BY_ZERO;
    r.i64[d] = r.i64[a]! / by;
    return next;
  },
  smod: (d, a, b, next) => (r) => {
    const by = r.i64[b]!;
    if (by === 0n) return DIVIDE_BY_ZERO;
    r.i64[d] = r.i64[a]! % by;
    return next;
  },
};

export const jump32: Readonly<Record<JumpOperation, Comparison>> = {
  jeq: (a, b, t, f) => (r) => (r.u32[a * 2] === r.u32[b * 2] ? t : f),
  jgt: (a, b, t, f) => (r) => (r.u32[a * 2]! > r.u32[b * 2]! ? t : f),
  jge: (a, b, t, f) => (r) => (r.u32[a * 2]! >= r.u32[b * 2]! ? t : f),
  jset: (a, b, t, f) => (r) => ((r.u32[a * 2]! & r.u32[b * 2]!) !== 0 ? t : f),
  jsgt: (a, b, t, f) => (r) => (r.i32[a * 2]! > r.i32[b * 2]! ? t : f),
  jsge: (a, b, t, f) => (r) => (r.i32[a * 2]! >= r.i32[b * 2]! ? t : f),
};

/** `jump32` with the low 32 bits of a constant for b: most steps of a classic filter, and a third faster so. */
export const jumpConstant32: Readonly<Record<JumpOperation, Comparison>> = {
  jeq: (a, k, t, f) => (r) => (r.u32[a * 2] === k ? t : f),
  jgt: (a, k, t, f) => (r) => (r.u32[a * 2]! > k ? t : f),
  jge: (a, k, t, f) => (r) => (r.u32[a * 2]! >= k ? t : f),
  jset: (a, k, t, f) => (r) => ((r.u32[a * 2]! & k) !== 0 ? t : f),
  jsgt: (a, k, t, f) => (r) => (r.i32[a * 2]! > (k | 0) ? t : f),
  jsge: (a, k, t, f) => (r) => (r.i32[a * 2]! >= (k | 0) ? t : f),
};

export const jump64: Readonly<Record<JumpOperation, Comparison>> = {
  jeq: (a, b, t, f) => (r) => (r.u32[a * 2] === r.u32[b * 2] && r.u32[a * 2 + 1] === r.u32[b * 2 + 1] ? t : f),
  jgt: (a, b, t, f) => (r) => (r.u64[a]! > r.u64[b]! ? t : f),
  jge: (a, b, t, f) => (r) => (r.u64[a]! >= r.u64[b]! ? t : f),
  jset: (a, b, t, f) => (r) =>
    ((r.u32[a * 2]! & r.u32[b * 2]!) | (r.u32[a * 2 + 1]! & r.u32[b * 2 + 1]!)) !== 0 ? t : f,
  jsgt: (a, b, t, f) => (r) => (r.i64[a]! > r.i64[b]! ? t : f),
  jsge: (a, b, t, f) => (r) => (r.i64[a]! >= r.i64[b]! ? t : f),
};

const scratch = registerFile(3);

/** The 64-bit result of an operation, as a signed integer; undefined for a division by zero. */
export function fold(operation: AluOperation, a: bigint, b: bigint): bigint | undefined {
  scratch.i64[0] = a;
  scratch.i64[1] = b;
  return alu64[operation](2, 0, 1, 0)(scratch) === DIVIDE_BY_ZERO ? undefined : scratch.i64[2];
}

/** Whether a 64-bit comparison holds. */
export function holds(operation: JumpOperation, a: bigint, b: bigint): boolean {
  scratch.i64[0] = a;
  scratch.i64[1] = b;
  return jump64[operation](0, 1, 1, 0)(scratch) === 1;
}
