/** Loads, stores and atomics of segments: the only steps that touch their bytes. */
import type { Segment } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { type Atomic, atomics, SEGMENT_SELECTORS } from '../isa/instructions.ts';
import { AA, AS, registerFile } from '../isa/registers.ts';
import { bytesMoved } from '../validate/literals.ts';
import { fault, type Machine, slotOf, wordOf } from './machine.ts';
import { offsetOf, reader } from './packet.ts';
import { type Context, clipped, type Lower, type Step } from './step.ts';

const BOUNDS = fault(2);
const PERMISSION = fault(3);
const AA_SLOT = slotOf(AA);
/** A segment that is not there. It may be anything, so that no fault comes before fault 2: it has no bytes. */
const none: Segment = { bytes: new Uint8Array(0), readable: true, writable: true };

/** The segment that `jf` names: by a number, once and for all; by a selector, the one it names now. */
function segmentOf({ jf }: Instruction, { bindings: { segments } }: Context): (m: Machine) => Segment | undefined {
  if (jf < SEGMENT_SELECTORS) {
    const segment = segments.get(jf);
    return () => segment;
  }
  const word = slotOf(AS + jf - SEGMENT_SELECTORS) * 2;
  return (m) => segments.get(m.u32[word]! & 0xffff);
}

/** What an access to a segment needs, besides bounds: its permissions, and for an atomic an offset that is a multiple. */
interface Access {
  readonly bytes: number;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly aligned: boolean;
}
type Touch = (m: Machine, bytes: Uint8Array, at: number) => number;

/** An access of some bytes: judges permission, then bounds, and then does it, by `touch`, which gives the next pc. */
function accessing(i: Instruction, context: Context, access: Access, touch: Touch): Step {
  const segment = segmentOf(i, context);
  const offset = offsetOf(i);
  const { bytes: size, reads, writes, aligned } = access;
  return (m) => {
    const { bytes, readable, writable } = segment(m) ?? none;
    if ((reads && !readable) || (writes && !writable)) return PERMISSION;
    const at = offset(m);
    if (at + size > bytes.length || (aligned && at % size !== 0)) return BOUNDS;
    return touch(m, bytes, at);
  };
}

const load: Lower = (i, context) => {
  const size = bytesMoved(i);
  const read = reader(size, true, i.signed);
  const d = wordOf(i.reg);
  const next = context.pc + 1;
  return accessing(i, context, { bytes: size, reads: true, writes: false, aligned: false }, (m, bytes, at) => {
    read(bytes, at, m.u32, d);
    return next;
  });
};

/** Writes words of a register from `from` on, the lowest byte first; those of a V register the highest first. */
function write(bytes: Uint8Array, at: number, size: number, u32: Uint32Array, from: number): void {
  for (let byte = 0; byte < size; byte++) {
    const shift = size === 16 ? 15 - byte : byte;
    bytes[at + byte] = u32[from + (shift >> 2)]! >>> ((shift & 3) * 8);
  }
}

const store: Lower = (i, context) => {
  if (i.jt !== 0) return atomic(i, context);
  const size = bytesMoved(i);
  const from = wordOf(i.reg);
  const next = context.pc + 1;
  return accessing(i, context, { bytes: size, reads: false, writes: true, aligned: false }, (m, bytes, at) => {
    write(bytes, at, size, m.u32, from);
    return next;
  });
};

/** The new value by an atomic that does not look at the old one first. */
const combines: Readonly<Record<Exclude<Atomic, 'compare-exchange'>, (old: bigint, value: bigint) => bigint>> = {
  add: (old, value) => old + value,
  or: (old, value) => old | value,
  and: (old, value) => old & value,
  xor: (old, value) => old ^ value,
  exchange: (_, value) => value,
};

/**
 * One interpreter runs at a time, so an atomic needs no lock: what it is, is a read and a write that nothing parts.
 *
 * SPEC: every atomic needs both permissions. A W atomic takes the low halves, and the old value it gives is
 * zero-extended. STX has atomics too, of W; what exchange gives it is clipped as a load into that register is.
 */
const atomic: Lower = (i, context) => {
  const size = bytesMoved(i);
  const isWide = size === 8;
  const operation = atomics[i.jt]!;
  const next = context.pc + 1;
  const read = reader(size, true, false);
  const scratch = registerFile(1);
  const slot = slotOf(i.reg);
  /** What takes part of a register. */
  const operand = (m: Machine, from: number): bigint => (isWide ? m.u64[from]! : BigInt(m.u32[from * 2]!));
  const step = accessing(i, context, { bytes: size, reads: true, writes: true, aligned: true }, (m, bytes, at) => {
    read(bytes, at, scratch.u32, 0);
    const old = scratch.u64[0]!;
    const value = operand(m, slot);
    const isEqual = operation !== 'compare-exchange' || old === operand(m, AA_SLOT);
    if (isEqual) {
      scratch.u64[0] = operation === 'compare-exchange' ? value : combines[operation](old, value);
      write(bytes, at, size, scratch.u32, 0);
    }
    if (operation === 'exchange') m.u64[slot] = old;
    if (operation === 'compare-exchange') m.u64[AA_SLOT] = old;
    return next;
  });
  return operation === 'exchange' && i.row.class === 'STX' ? clipped(i.reg, step) : step;
};

/** SPEC: a segment that may be neither read nor written has a length still. */
const length: Lower = (i, context) => {
  const segment = segmentOf(i, context);
  const d = slotOf(i.reg) * 2;
  const next = context.pc + 1;
  return (m) => {
    const found = segment(m);
    if (found === undefined) return BOUNDS;
    m.u32[d] = found.bytes.length;
    m.u32[d + 1] = 0;
    return next;
  };
};

const special =
  (lower: Lower): Lower =>
  (i, context) =>
    clipped(i.reg, lower(i, context));

export const segmentLowerings = {
  'ld.seg.abs': load,
  'ld.seg.ind': load,
  'ld.seg.ind_y': load,
  'ld.seg.len': length,
  'ldx.seg.abs': special(load),
  'ldx.seg.ind': special(load),
  'ldx.seg.ind_y': special(load),
  'ldx.seg.len': special(length),
  'st.seg.abs': store,
  'st.seg.ind': store,
  'st.seg.ind_y': store,
  'stx.seg.abs': store,
  'stx.seg.ind': store,
  'stx.seg.ind_y': store,
} as const satisfies Readonly<Record<string, Lower>>;
