/** Loads and stores of the packet: the only steps that touch its bytes. */
import type { Ancillary } from '../host/host.ts';
import { SKF_LL_OFF, SKF_NET_OFF } from '../isa/ancillary.ts';
import type { Instruction } from '../isa/codec.ts';
import { L, MODE } from '../isa/instructions.ts';
import { A, AS, X, Y } from '../isa/registers.ts';
import { bytesMoved } from '../validate/literals.ts';
import { fault, type Machine, slotOf, wordOf } from './machine.ts';
import { decide, type Run } from './run.ts';
import type { Lower, Step } from './step.ts';
import { readVector } from './vector.ts';

/** The bits of `code` that tell the mode, without L and SEG. */
const MODES = 0xe0;
const BOUNDS = fault(1);
const DOOR = fault(15);

/** Reads a value of one size at `o` into the two words of a slot. */
type Reader = (bytes: Uint8Array, o: number, u32: Uint32Array, d: number) => void;

const be16 = (p: Uint8Array, o: number): number => (p[o]! << 8) | p[o + 1]!;
const be32 = (p: Uint8Array, o: number): number => (p[o]! << 24) | (p[o + 1]! << 16) | (p[o + 2]! << 8) | p[o + 3]!;
const le16 = (p: Uint8Array, o: number): number => p[o]! | (p[o + 1]! << 8);
const le32 = (p: Uint8Array, o: number): number => p[o]! | (p[o + 1]! << 8) | (p[o + 2]! << 16) | (p[o + 3]! << 24);

const extend =
  (read: (p: Uint8Array, o: number) => number, shift: number, signed: boolean): Reader =>
  (p, o, u32, d) => {
    const value = signed ? (read(p, o) << shift) >> shift : read(p, o);
    u32[d] = value;
    u32[d + 1] = signed && value < 0 ? -1 : 0;
  };

/** How many bytes become a value; 16, of a V register, have one order only. */
export function reader(size: 1 | 2 | 4 | 8 | 16, little: boolean, signed: boolean): Reader {
  if (size === 16) return readVector;
  if (size === 1) return extend((p, o) => p[o]!, 24, signed);
  if (size === 2) return extend(little ? le16 : be16, 16, signed);
  if (size === 4) return extend(little ? le32 : be32, 0, signed);
  return little
    ? (p, o, u32, d) => {
        u32[d] = le32(p, o);
        u32[d + 1] = le32(p, o + 4);
      }
    : (p, o, u32, d) => {
        u32[d + 1] = be32(p, o);
        u32[d] = be32(p, o + 4);
      };
}

/** Index + k without wrapping, so that an offset past 2^32 is out of bounds; -1 for no index. */
function indexSlot(i: Instruction): number {
  if (i.variant.jt === 'index') return i.jt === 0 ? X : i.jt;
  // A store to a segment goes by X: its jt makes it atomic.
  const mode = i.variant.bits & MODES;
  return mode === MODE.IND ? X : mode === MODE.IND_Y ? Y : -1;
}

/** The offset of an access, which may be far outside the packet or segment. */
export function offsetOf(i: Instruction, ancillary: Ancillary = {}): (m: Machine) => number {
  if (i.variation !== undefined) return variedOffset(i, ancillary);
  const register = indexSlot(i);
  const { k } = i;
  if (register < 0) return () => k;
  const slot = slotOf(register) * 2;
  if (register < 32) return (m) => m.u32[slot]! + k;
  return (m) => m.u32[slot + 1]! * 0x1_0000_0000 + m.u32[slot]! + k;
}

/** X + k, or k, as some dialects of classic BPF take it: modulo 2^32, and maybe signed. */
function variedOffset(i: Instruction, { network_offset: networkOffset }: Ancillary): (m: Machine) => number {
  const { k } = i;
  const isIndexed = indexSlot(i) >= 0;
  const sum = (m: Machine): number => (isIndexed ? m.u32[X * 2]! + k : k);
  if (i.variation!.kind === 'wrapping') return (m) => sum(m) >>> 0;
  return (m) => {
    const offset = sum(m) | 0;
    if (offset >= 0) return offset;
    if (offset < SKF_NET_OFF) return offset < SKF_LL_OFF ? nowhere : offset - SKF_LL_OFF;
    const header = networkOffset?.(m, m.u32[A * 2]!, m.u32[X * 2]!);
    return typeof header === 'number' ? header + offset - SKF_NET_OFF : nowhere;
  };
}

/** An offset that is out of bounds of every packet. */
const nowhere = Number.POSITIVE_INFINITY;

/**
 * The loads that filters are made of, unsigned and in network order: at k, and at a 32-bit register + k. Written out, since a step
 * with nothing to call is about three times as fast as the general one.
 */
const direct = {
  1:
    (k: number, d: number, next: number, run?: Run): Step =>
    (m) => {
      if (k >= m.caplen) return BOUNDS;
      const v = m.packet[m.start + k]!;
      m.u32[d] = v;
      m.u32[d + 1] = 0;
      return run === undefined ? next : decide(v, run);
    },
  2:
    (k: number, d: number, next: number, run?: Run): Step =>
    (m) => {
      if (k + 2 > m.caplen) return BOUNDS;
      const o = m.start + k;
      const v = (m.packet[o]! << 8) | m.packet[o + 1]!;
      m.u32[d] = v;
      m.u32[d + 1] = 0;
      return run === undefined ? next : decide(v, run);
    },
  4:
    (k: number, d: number, next: number, run?: Run): Step =>
    (m) => {
      if (k + 4 > m.caplen) return BOUNDS;
      const v = be32(m.packet, m.start + k) >>> 0;
      m.u32[d] = v;
      m.u32[d + 1] = 0;
      return run === undefined ? next : decide(v, run);
    },
} as const;
const indexed = {
  1:
    (x: number, k: number, d: number, next: number, run?: Run): Step =>
    (m) => {
      const at = m.u32[x]! + k;
      if (at >= m.caplen) return BOUNDS;
      const v = m.packet[m.start + at]!;
      m.u32[d] = v;
      m.u32[d + 1] = 0;
      return run === undefined ? next : decide(v, run);
    },
  2:
    (x: number, k: number, d: number, next: number, run?: Run): Step =>
    (m) => {
      const at = m.u32[x]! + k;
      if (at + 2 > m.caplen) return BOUNDS;
      const o = m.start + at;
      const v = (m.packet[o]! << 8) | m.packet[o + 1]!;
      m.u32[d] = v;
      m.u32[d + 1] = 0;
      return run === undefined ? next : decide(v, run);
    },
  4:
    (x: number, k: number, d: number, next: number, run?: Run): Step =>
    (m) => {
      const at = m.u32[x]! + k;
      if (at + 4 > m.caplen) return BOUNDS;
      const v = be32(m.packet, m.start + at) >>> 0;
      m.u32[d] = v;
      m.u32[d + 1] = 0;
      return run === undefined ? next : decide(v, run);
    },
} as const;

export const load: Lower = (i, { pc, hasDoor, ancillary, run }) => {
  const size = bytesMoved(i);
  const little = (i.variant.bits & L) !== 0;
  if (!hasDoor && i.variation === undefined && size !== 8 && size !== 16 && !little && !i.signed) {
    const index = indexSlot(i);
    if (index < 0) return direct[size](i.k, slotOf(i.reg) * 2, pc + 1, run);
    if (index < 32) return indexed[size](slotOf(index) * 2, i.k, slotOf(i.reg) * 2, pc + 1, run);
  }
  const read = reader(size, little, i.signed);
  const d = wordOf(i.reg);
  const next = pc + 1;
  const offset = offsetOf(i, ancillary);
  return (m) => {
    const at = offset(m);
    if (at + size > m.caplen) return BOUNDS;
    if (at < m.door) return DOOR;
    read(m.packet, m.start + at, m.u32, d);
    return run === undefined ? next : decide(m.u32[d]!, run);
  };
};

export const store: Lower = (i, { pc }) => {
  const size = bytesMoved(i);
  const little = (i.variant.bits & L) !== 0;
  const from = wordOf(i.reg);
  const offset = offsetOf(i);
  const next = pc + 1;
  return (m) => {
    if (!m.host.allowWrite) return fault(3);
    const at = offset(m);
    if (at + size > m.caplen) return BOUNDS;
    if (at < m.door) return DOOR;
    for (let byte = 0; byte < size; byte++) {
      const shift = little ? byte : size - 1 - byte;
      m.packet[m.start + at + byte] = m.u32[from + (shift >> 2)]! >>> ((shift & 3) * 8);
    }
    return next;
  };
};

/** MSH and MSHX. */
export const headerLength: Lower = (i, { pc, ancillary }) => {
  const d = slotOf(i.reg) * 2;
  const offset = offsetOf(i, ancillary);
  const mask = i.reg >= AS ? 0xffff : 0xffffffff;
  const next = pc + 1;
  return (m) => {
    const at = offset(m);
    if (at + 1 > m.caplen) return BOUNDS;
    if (at < m.door) return DOOR;
    m.u32[d] = ((m.packet[m.start + at]! & 15) * 4) & mask;
    return next;
  };
};
