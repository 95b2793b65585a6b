/** Literals in a run: skipped as instructions, read as RODATA. */
import { literalLength } from '../isa/literals.ts';
import { bytesMoved, literalOfByte, rodataOffset } from '../validate/literals.ts';
import { fault, slotOf, wordOf } from './machine.ts';
import { reader } from './packet.ts';
import type { Lower } from './step.ts';

export const skip: Lower = (i, { pc }) => {
  const end = pc + 1 + literalLength(i)!;
  return () => end;
};

/** The index register, if there is one, is added in its own width; what leaves the literal's data is fault 2. */
export const rodata: Lower = (i, { pc, literals }) => {
  const offset = rodataOffset(i, pc);
  const { data, start } = literalOfByte(literals, offset)!;
  const from = offset - start;
  const size = bytesMoved(i);
  const read = reader(size, true, i.signed);
  const d = wordOf(i.reg);
  const next = pc + 1;
  if (i.jt === 0)
    return (m) => {
      read(data, from, m.u32, d);
      return next;
    };
  const index = slotOf(i.jt) * 2;
  const isWide = i.jt >= 32;
  const last = data.length - size;
  return (m) => {
    const at = from + m.u32[index]! + (isWide ? m.u32[index + 1]! * 0x1_0000_0000 : 0);
    if (at > last) return fault(2);
    read(data, at, m.u32, d);
    return next;
  };
};
