/**
 * Loads, stores and atomics of segments. Those that lie in the memory are reached there; of others the host keeps the
 * bytes: it brings them to a place in the memory, and takes them back.
 */
import type { Instruction } from '../isa/codec.ts';
import { type Atomic, atomics, EXCHANGE, SEGMENT_SELECTORS } from '../isa/instructions.ts';
import { AA, AS } from '../isa/registers.ts';
import type { Bindings } from '../validate/bindings.ts';
import { bytesMoved } from '../validate/literals.ts';
import type { Frame } from './frame.ts';
import { layout, type MachineMemory } from './memory.ts';
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

/** Where a segment's bytes are in the memory, if its number is known and they lie there. */
export function placeIn(
  { jf }: Instruction,
  { segments }: Bindings,
  memory: MachineMemory | undefined,
): { readonly at: number; readonly size: number } | undefined {
  const segment = jf < SEGMENT_SELECTORS ? segments.get(jf) : undefined;
  if (segment?.place === undefined || segment.place.memory !== memory) return undefined;
  if (!segment.readable || !segment.writable) return undefined;
  return { at: segment.place.at, size: segment.bytes.length };
}

/** Where the bytes of an access are: behind an address on the stack. */
interface Reached {
  readonly putAddress: () => void;
  /** What is added to the address. */
  readonly offset: number;
  /** Says that the bytes have been written. */
  readonly written: () => void;
}

/** Judges an access and brings the bytes, or raises the fault. */
function access(f: Frame, i: Instruction, pc: number, asked: number): Reached {
  const { w, context } = f;
  const size = bytesMoved(i);
  const place = placeIn(i, context.validated.bindings, context.memory);
  if (place === undefined) {
    const at = f.scratch('at', I32);
    offsetInto(f, i, at);
    segmentNumber(f, i);
    w.get(at).i32(size | asked);
    f.callImport('read');
    f.failAs(pc);
    const written = (): void => {
      segmentNumber(f, i);
      w.get(at).i32(size);
      f.callImport('write');
    };
    return { putAddress: () => w.i32(layout.segment), offset: 0, written };
  }
  const anyOffset = (asked & ALIGNED) === 0 || size === 1;
  const written = (): void => {};
  if (indexOf(i) === undefined && i.k + size <= place.size && (anyOffset || i.k % size === 0))
    return { putAddress: () => w.i32(i.k), offset: place.at, written };
  const at = f.scratch('at', I32);
  offsetInto(f, i, at);
  f.failIf(2, pc, () => {
    if (place.size < size) w.i32(1);
    else {
      w.get(at)
        .i32(place.size - size)
        .op(op.i32_gt_u);
      if (!anyOffset)
        w.get(at)
          .i32(size - 1)
          .op(op.i32_and, op.i32_or);
    }
  });
  return { putAddress: () => w.get(at), offset: place.at, written };
}

export function segmentLoad(f: Frame, i: Instruction, pc: number): void {
  const { putAddress, offset } = access(f, i, pc, READS);
  const mark = f.w.mark();
  putAddress();
  readInto(f, i, { offset, mark }, true);
}

export function segmentStore(f: Frame, i: Instruction, pc: number): void {
  if (i.jt !== 0) return atomic(f, i, pc);
  const { putAddress, offset, written } = access(f, i, pc, WRITES);
  putAddress();
  writeFrom(f, i, offset, true);
  written();
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
  const { putAddress, offset, written } = access(f, i, pc, READS | WRITES | ALIGNED);
  const old = f.scratch('old', wide ? I64 : I32);
  putAddress();
  w.memory(wide ? op.i64_load : op.i32_load, offset).set(old);
  putAddress();
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
  w.memory(wide ? op.i64_store : op.i32_store, offset);
  written();
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
  const place = placeIn(i, f.context.validated.bindings, f.context.memory);
  if (place !== undefined) {
    w.i32(place.size);
    return setLoaded(f, { ...i, signed: false });
  }
  const length = f.scratch('length', I32);
  segmentNumber(f, i);
  f.callImport('segment').set(length);
  f.failIf(2, pc, () => w.get(length).i32(-1).op(op.i32_eq));
  w.get(length);
  setLoaded(f, { ...i, signed: false });
}
