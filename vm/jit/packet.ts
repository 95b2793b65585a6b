/** Loads and stores of the packet: what checks them, and what they move. */
import { longestCapture } from '../host/host.ts';
import { SKF_LL_OFF, SKF_NET_OFF } from '../isa/ancillary.ts';
import type { Instruction } from '../isa/codec.ts';
import { L } from '../isa/instructions.ts';
import { A, AS, isVector, X } from '../isa/registers.ts';
import { bytesMoved } from '../validate/literals.ts';
import { swap16, swap32, swap64 } from './arithmetic.ts';
import type { Frame, Unswapped } from './frame.ts';
import { DOOR, indexOf, slotOf } from './slots.ts';
import { I32, I64, op } from './wasm.ts';

/** Of an access whose address is on the stack: what is to be added to that, and the mark in front of it. */
export interface Address {
  readonly offset: number;
  readonly mark: number;
}

/**
 * Checks an access of `size` bytes and puts its address on the stack. Captured
 * lengths are at most `longestCapture`, so what is in bounds fits 32 bits, as does the sum with any constant below.
 */
export function packetAddress(f: Frame, i: Instruction, pc: number, size: number): Address {
  const { w, packet, context } = f;
  const at = f.scratch('at', I32);
  if (i.variation?.kind === 'wrapping' || i.variation?.kind === 'signed') {
    variedOffset(f, i, size, pc, at);
    const mark = w.mark();
    w.get(packet.start).get(at).op(op.i32_add);
    return { offset: 0, mark };
  }
  const index = indexOf(i);
  const { k } = i;
  const end = k + size;
  if (end > longestCapture) {
    // Past every packet, whatever the index.
    f.failIf(1, pc, () => w.i32(1));
    const mark = w.mark();
    w.get(packet.start);
    return { offset: 0, mark };
  }
  const { facts } = context;
  const checked = facts.checkedEnd(pc);
  const meetsDoor = context.keepsDoor && facts.meetsDoor(pc);
  if (index === undefined) {
    if (checked !== undefined) f.failIf(1, pc, () => w.get(packet.caplen).i32(checked).op(op.i32_lt_u));
    if (meetsDoor) f.failIf(15, pc, () => w.i32(k).get(f.local(DOOR)).op(op.i32_lt_u));
    const mark = w.mark();
    w.get(packet.start);
    return { offset: k, mark };
  }
  if (checked !== undefined) f.failIf(1, pc, () => isOutside(f, index, checked, pc));
  if (meetsDoor) {
    f.failIf(15, pc, () => {
      f.get(index, false);
      if (k !== 0) w.i32(k).op(op.i32_add);
      w.get(f.local(DOOR)).op(op.i32_lt_u);
    });
  }
  const mark = w.mark();
  w.get(packet.start);
  f.get(index, false);
  w.op(op.i32_add);
  return { offset: k, mark };
}

/** Puts on the stack whether a register and `end` are past the captured bytes. No sum below wraps, nor the difference. */
function isOutside(f: Frame, index: number, end: number, pc: number): void {
  const { w, packet } = f;
  const { isSmall, isLong } = f.context.facts;
  if (index < 32 && isLong(pc)) {
    f.get(index, false);
    w.get(packet.caplen).i32(-end).op(op.i32_add, op.i32_gt_u);
    return;
  }
  if (isSmall(pc)) {
    f.get(index, false);
    w.i32(end).op(op.i32_add).get(packet.caplen).op(op.i32_gt_u);
    return;
  }
  f.get(index, true);
  if (index >= 32) {
    // As long as the register by itself is inside.
    const whole = f.scratch('index', I64);
    w.tee(whole).get(packet.caplen).op(op.i64_extend_i32_u, op.i64_gt_u).get(whole);
  }
  w.i64(end).op(op.i64_add).get(packet.caplen).op(op.i64_extend_i32_u, op.i64_gt_u);
  if (index >= 32) w.op(op.i32_or);
}

/** X + k, or k, as some dialects of classic BPF take it; checked, it goes to a local. */
function variedOffset(f: Frame, i: Instruction, size: number, pc: number, at: number): void {
  const { w, packet, context } = f;
  const index = indexOf(i);
  w.i32(i.k);
  if (index !== undefined) {
    f.get(X, false);
    w.op(op.i32_add);
  }
  w.set(at);
  if (i.variation!.kind === 'signed') {
    w.get(at).i32(0).op(op.i32_lt_s).open('if');
    // Out of bounds of every packet, if it is not from a header.
    const nowhere = -1;
    w.get(at).i32(SKF_NET_OFF).op(op.i32_lt_s).open('if', I32);
    w.get(at).i32(SKF_LL_OFF).op(op.i32_sub).i32(nowhere).get(at).i32(SKF_LL_OFF).op(op.i32_ge_s, op.select);
    w.else();
    w.get(packet.start).get(packet.caplen).get(packet.wirelen);
    f.get(A, false);
    f.get(X, false);
    w.get(at).i32(SKF_NET_OFF).op(op.i32_sub);
    f.callImport('place');
    w.close();
    w.set(at);
    w.close();
  }
  f.failIf(1, pc, () => {
    w.get(at).op(op.i64_extend_i32_u).i64(size).op(op.i64_add).get(packet.caplen).op(op.i64_extend_i32_u, op.i64_gt_u);
  });
  if (context.keepsDoor) f.failIf(15, pc, () => w.get(at).get(f.local(DOOR)).op(op.i32_lt_u));
}

/** Reads the bytes at an address into a register; 16 into a V register, in one order only. */
export function readInto(f: Frame, i: Instruction, { offset, mark }: Address, little: boolean): void {
  const { w } = f;
  const size = bytesMoved(i);
  const { reg, signed } = i;
  if (size === 16) {
    const address = f.scratch('address', I32);
    w.tee(address).memory(op.i64_load, offset);
    swap64(f);
    w.set(f.local(slotOf(reg)));
    w.get(address).memory(op.i64_load, offset + 8);
    swap64(f);
    w.set(f.local(slotOf(reg) + 1));
    return;
  }
  if (size === 8) {
    w.memory(op.i64_load, offset);
    if (!little) swap64(f);
    f.set(reg, true, mark);
    return;
  }
  if (!little && size > 1) return readSwapped(f, i, { offset, mark }, size === 4 ? 32 : 16);
  if (size === 1) w.memory(signed ? op.i32_load8_s : op.i32_load8_u, offset);
  else if (size === 4) w.memory(op.i32_load, offset);
  else w.memory(signed ? op.i32_load16_s : op.i32_load16_u, offset);
  setLoaded(f, i, mark);
}

/** Keeps what is loaded as it is, too: for tests of equality, constants can be swapped in its place. */
function readSwapped(f: Frame, i: Instruction, { offset, mark }: Address, bits: Unswapped['bits']): void {
  const { w } = f;
  const { reg, signed } = i;
  const slot = slotOf(reg);
  const local = f.scratch(`unswapped ${slot}`, I32);
  w.memory(bits === 32 ? op.i32_load : op.i32_load16_u, offset).set(local, mark);
  const swap = w.mark();
  w.get(local);
  (bits === 32 ? swap32 : swap16)(f, local);
  if (signed && bits === 16) w.op(op.i32_extend16_s);
  setLoaded(f, i, swap);
  if (!signed && reg < AS) f.unswapped.set(slot, { local, bits });
}

/** Takes the loaded i32 into the register, sign-extended if it is signed and the register 64 bits wide. */
export function setLoaded(f: Frame, { reg, signed }: Instruction, mark?: number): void {
  if (reg >= AS) {
    f.w.i32(0xffff).op(op.i32_and);
    f.set(reg, false, mark);
  } else if (signed && reg >= 32) {
    f.w.op(op.i64_extend_i32_s);
    f.set(reg, true, mark);
  } else f.set(reg, false, mark);
}

export function packetLoad(f: Frame, i: Instruction, pc: number): void {
  const address = packetAddress(f, i, pc, bytesMoved(i));
  readInto(f, i, address, (i.variant.bits & L) !== 0);
}

export function packetStore(f: Frame, i: Instruction, pc: number): void {
  if (!f.context.host.allowWrite) {
    f.fail(3, pc);
    return;
  }
  const { offset } = packetAddress(f, i, pc, bytesMoved(i));
  writeFrom(f, i, offset, (i.variant.bits & L) !== 0);
}

/** Writes what a register holds, as many bytes as the instruction moves, at the address on the stack and `offset`. */
export function writeFrom(f: Frame, i: Instruction, offset: number, little: boolean): void {
  const { w } = f;
  const { reg } = i;
  switch (bytesMoved(i)) {
    case 16: {
      if (!isVector(reg)) throw new RangeError(`${i.mnemonic} moves 16 bytes of a register of fewer`);
      const address = f.scratch('address', I32);
      w.tee(address).get(f.local(slotOf(reg)));
      swap64(f);
      w.memory(op.i64_store, offset);
      w.get(address).get(f.local(slotOf(reg) + 1));
      swap64(f);
      w.memory(op.i64_store, offset + 8);
      return;
    }
    case 8:
      f.get(reg, true);
      if (!little) swap64(f);
      w.memory(op.i64_store, offset);
      return;
    case 4:
      f.get(reg, false);
      if (!little) swap32(f);
      w.memory(op.i32_store, offset);
      return;
    case 2:
      f.get(reg, false);
      if (!little) swap16(f);
      w.memory(op.i32_store16, offset);
      return;
    case 1:
      f.get(reg, false);
      w.memory(op.i32_store8, offset);
  }
}

/** MSH and MSHX. */
export function headerLength(f: Frame, i: Instruction, pc: number): void {
  const { offset, mark } = packetAddress(f, i, pc, 1);
  f.w.memory(op.i32_load8_u, offset).i32(15).op(op.i32_and).i32(2).op(op.i32_shl);
  f.set(i.reg, false, mark);
}
