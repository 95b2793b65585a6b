/** Loads of literals: constants where the offset is one, else from the copy of the code in the memory. */
import type { Instruction } from '../isa/codec.ts';
import { AS, isVector } from '../isa/registers.ts';
import { bytesMoved, literalOfByte, rodataOffset } from '../validate/literals.ts';
import type { Frame } from './frame.ts';
import { readInto } from './packet.ts';
import { slotOf } from './slots.ts';
import { I64, op } from './wasm.ts';

/** Whether a load needs the copy. */
export const readsCode = (i: Instruction): boolean => i.row.mode === 'rodata' && i.jt !== 0;

/** The index register, if there is one, is added in its own width; what leaves the literal's data is fault 2. */
export function rodata(f: Frame, i: Instruction, pc: number): void {
  const { w, context } = f;
  const offset = rodataOffset(i, pc);
  const { data, start } = literalOfByte(context.validated.literals, offset)!;
  const from = offset - start;
  const size = bytesMoved(i);
  if (i.jt === 0) {
    constantInto(f, i, data.subarray(from, from + size));
    return;
  }
  const index = f.scratch('index', I64);
  f.get(i.jt, true);
  w.set(index);
  const last = data.length - size - from;
  if (last < 0) f.failIf(2, pc, () => w.i32(1));
  else f.failIf(2, pc, () => w.get(index).i64(last).op(op.i64_gt_u));
  const mark = w.mark();
  w.i32(context.codeAt).get(index).op(op.i32_wrap_i64, op.i32_add);
  readInto(f, i, { offset, mark }, true);
}

/** Little-endian; of a V register the first byte is the most significant. */
function constantInto(f: Frame, i: Instruction, bytes: Uint8Array): void {
  const { w } = f;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isVector(i.reg)) {
    w.i64(view.getBigUint64(0)).set(f.local(slotOf(i.reg)));
    w.i64(view.getBigUint64(8)).set(f.local(slotOf(i.reg) + 1));
    return;
  }
  const bits = bytes.length * 8;
  let value = 0n;
  for (const [at, byte] of bytes.entries()) value |= BigInt(byte) << BigInt(8 * at);
  if (i.signed) value = BigInt.asIntN(bits, value);
  const mark = w.mark();
  if (i.reg >= AS) w.i32(Number(value & 0xffffn));
  else w.i64(value);
  f.set(i.reg, i.reg < AS, mark);
}
