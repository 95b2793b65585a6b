/** Loads, stores and atomics of segments, whose bytes the host keeps: it brings them to a place in the memory, and takes them back. */
import type { Instruction } from '../isa/codec.ts';
import { type Atomic, atomics, EXCHANGE, SEGMENT_SELECTORS } from '../isa/instructions.ts';
import { AA, AS } from '../isa/registers.ts';
import { bytesMoved } from '../validate/literals.ts';
import type { Frame } from './frame.ts';
import { layout } from './memory.ts';
import { readInto, setLoaded, writeFrom } from './packet.ts';
import { indexOf } from './slots.ts';
import { I32, I64, type Opcode, op } from './wasm.ts';

/** What an access asks of the host, beside the number of bytes in the low eight bits. */
export const READS = 0x100;
export const WRITES = 0x200;
export const ALIGNED = 0x400;

/** Puts the segment's number on the stack: a constant, or what a selector names. */
function segmentNumber(f: Frame, { jf }: Instruction): void {
  if (jf < SEGMENT_SELECTORS) f.w.i32(jf);
  else f.get(AS + jf - SEGMENT_SELECTORS, false);
}

/** Puts on a local where the access begins, or 2^32 - 1 where that is less: no segment is so long. */
function offsetInto(f: Frame, i: Instruction, at: number): void {
  const { w } = f;
  const index = indexOf(i);
  if (index === undefined) {
    w.i32(i.k).set(at);
    return;
  }
  const sum = f.scratch('sum', I64);
  const least = 0xffffffffn;
  // Of a 64-bit index only what is no longer than the limit is added to.
  f.get(index, true);
  w.tee(sum).i64(least).get(sum).i64(least).op(op.i64_lt_u, op.select);
  w.i64(BigInt(i.k)).op(op.i64_add).tee(sum);
  w.i64(least).get(sum).i64(least).op(op.i64_lt_u, op.select, op.i32_wrap_i64).set(at);
}

/** Has the host judge an access and bring the bytes, or raises the fault that it says. */
function access(f: Frame, i: Instruction, pc: number, asked: number): number {
  const { w } = f;
  const at = f.scratch('at', I32);
  offsetInto(f, i, at);
  segmentNumber(f, i);
  w.get(at).i32(bytesMoved(i) | asked);
  f.callImport('read');
  f.failAs(pc);
  return at;
}

/** Has the host take the bytes. */
function giveBack(f: Frame, i: Instruction, at: number): void {
  segmentNumber(f, i);
  f.w.get(at).i32(bytesMoved(i));
  f.callImport('write');
}

export function segmentLoad(f: Frame, i: Instruction, pc: number): void {
  access(f, i, pc, READS);
  f.w.i32(layout.segment);
  readInto(f, i, 0, true);
}

export function segmentStore(f: Frame, i: Instruction, pc: number): void {
  if (i.jt !== 0) return atomic(f, i, pc);
  const at = access(f, i, pc, WRITES);
  f.w.i32(layout.segment);
  writeFrom(f, i, 0, true);
  giveBack(f, i, at);
}

const combines = {
  add: [op.i32_add, op.i64_add],
  or: [op.i32_or, op.i64_or],
  and: [op.i32_and, op.i64_and],
  xor: [op.i32_xor, op.i64_xor],
} as const satisfies Partial<Record<Atomic, readonly [i32: Opcode, i64: Opcode]>>;

/** One program runs at a time, so nothing parts the read from the write. A W atomic takes the low halves. */
function atomic(f: Frame, i: Instruction, pc: number): void {
  const { w } = f;
  const wide = bytesMoved(i) === 8;
  const operation = atomics[i.jt]!;
  const at = access(f, i, pc, READS | WRITES | ALIGNED);
  const old = f.scratch('old', wide ? I64 : I32);
  w.i32(layout.segment)
    .memory(wide ? op.i64_load : op.i32_load, 0)
    .set(old);
  w.i32(layout.segment);
  if (operation === 'exchange') f.get(i.reg, wide);
  else if (operation === 'compare-exchange') {
    f.get(i.reg, wide);
    w.get(old).get(old);
    f.get(AA, wide);
    w.op(wide ? op.i64_eq : op.i32_eq, op.select);
  } else {
    w.get(old);
    f.get(i.reg, wide);
    w.op(combines[operation][wide ? 1 : 0]);
  }
  w.memory(wide ? op.i64_store : op.i32_store, 0);
  giveBack(f, i, at);
  if (operation === 'compare-exchange') {
    w.get(old);
    if (!wide) w.op(op.i64_extend_i32_u);
    f.set(AA, true);
  }
  if (i.jt !== EXCHANGE) return;
  w.get(old);
  if (wide) f.set(i.reg, true);
  else setLoaded(f, { ...i, signed: false });
}

/** A segment that is not there has no length: fault 2. */
export function segmentLength(f: Frame, i: Instruction, pc: number): void {
  const { w } = f;
  const length = f.scratch('length', I32);
  segmentNumber(f, i);
  f.callImport('segment').set(length);
  f.failIf(2, pc, () => w.get(length).i32(-1).op(op.i32_eq));
  w.get(length);
  setLoaded(f, { ...i, signed: false });
}
