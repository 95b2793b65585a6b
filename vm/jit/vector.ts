/** V registers: 128 bits in two i64 locals, the high half first. */
import type { Instruction } from '../isa/codec.ts';
import type { Frame } from './frame.ts';
import { slotOf, wordSlot } from './slots.ts';
import { I64, op } from './wasm.ts';

const bitwise = { and: op.i64_and, or: op.i64_or, xor: op.i64_xor } as const;

export function vectorArithmetic(f: Frame, operation: string, i: Instruction): void {
  const { w } = f;
  const half = (register: number, low: 0 | 1): number => f.local(slotOf(register) + low);
  if (operation === 'lsh' || operation === 'rsh') return shift(f, operation, i);
  for (const low of [0, 1] as const) {
    w.get(half(i.jf, low));
    if (operation !== 'mov') w.get(half(i.jt, low)).op(bitwise[operation as keyof typeof bitwise]);
    w.set(half(i.reg, low));
  }
}

/** By a constant. What leaves one half comes into the other. */
function shift(f: Frame, operation: 'lsh' | 'rsh', i: Instruction): void {
  const { w } = f;
  const isLeft = operation === 'lsh';
  const from = slotOf(i.jf);
  const to = slotOf(i.reg);
  // The half that bits leave, and the one that they come into.
  const [giver, taker] = isLeft ? [1, 0] : [0, 1];
  const [out, back] = isLeft ? [op.i64_shl, op.i64_shr_u] : [op.i64_shr_u, op.i64_shl];
  const given = f.scratch('given', I64);
  w.get(f.local(from + giver)).set(given);
  const by = i.k;
  if (by >= 64) {
    if (by >= 128) w.i64(0);
    else
      w.get(given)
        .i64(by - 64)
        .op(out);
    w.set(f.local(to + taker));
    w.i64(0).set(f.local(to + giver));
    return;
  }
  w.get(f.local(from + taker));
  if (by > 0)
    w.i64(by)
      .op(out)
      .get(given)
      .i64(64 - by)
      .op(back, op.i64_or);
  w.set(f.local(to + taker));
  w.get(given)
    .i64(by)
    .op(out)
    .set(f.local(to + giver));
}

/** JEQ: puts on the stack whether two are equal, or differ. */
export function vectorComparison(f: Frame, i: Instruction, isWanted: boolean): void {
  const { w } = f;
  for (const low of [0, 1]) {
    w.get(f.local(slotOf(i.reg) + low))
      .get(f.local(slotOf(i.k) + low))
      .op(op.i64_xor);
    if (low === 1) w.op(op.i64_or);
  }
  if (isWanted) w.op(op.i64_eqz);
  else w.i64(0).op(op.i64_ne);
}

/** M[k] holds the high half, M[k + 1] the low one. */
export function vectorMemory(f: Frame, i: Instruction, isStore: boolean): void {
  for (const low of [0, 1]) {
    const register = slotOf(i.reg) + low;
    const word = wordSlot(i.k + low);
    f.getSlot(isStore ? register : word, true);
    f.setSlot(isStore ? word : register, true);
  }
}
