/**
 * Which slots must be followed through a function so that what is asked about can be known: those, what they are computed
 * from, and what they are compared with. Most registers of a filter hold what the packet is tested for, and are left out.
 */
import type { Instruction } from '../../isa/codec.ts';
import { SRC_X, XF } from '../../isa/instructions.ts';
import { AA, isLoopCounter, specialRegister, V0, X, Y } from '../../isa/registers.ts';
import type { Validated } from '../validated.ts';
import { isComparison } from './effect.ts';
import { bitOf, MEMORY, type Slots } from './slots.ts';

/** The slots of which an instruction reads a value, to compute with, to compare or to index by. */
export function readBy(i: Instruction): Slots {
  const { row, variant, mnemonic } = i;
  let read = 0;
  for (const { register, written } of i.uses)
    if (!written && register < V0 && !isLoopCounter(register)) read |= bitOf(register);
  const inPlace = row.class === 'ALU' && (variant.bits & XF) === 0;
  if (inPlace && i.reg < V0) read |= bitOf(i.reg);
  if ((row.class === 'ALU' || row.class === 'JMP') && (variant.bits & (XF | SRC_X)) === SRC_X) read |= bitOf(X);
  const { mode } = row;
  if (mode === 'ind' || mode === 'seg.ind' || mode === 'mshx') read |= i.jt === 0 ? bitOf(X) : 0;
  if (mode === 'ind_y' || mode === 'seg.ind_y') read |= bitOf(Y);
  if (mnemonic === 'ld.mem' || mnemonic === 'ldx.mem') read |= MEMORY;
  if (mnemonic === 'txa' && specialRegister(i.high) < 32) read |= bitOf(specialRegister(i.high));
  return read;
}

/** The slots that an instruction computes from what it reads. */
function computedBy(i: Instruction): Slots {
  const { row, mnemonic } = i;
  if (mnemonic === 'st.mem' || mnemonic === 'stx.mem') return MEMORY;
  if (mnemonic === 'tax') return specialRegister(i.high) < 32 ? bitOf(specialRegister(i.high)) : 0;
  if (mnemonic === 'txa' || mnemonic === 'ld.mem' || mnemonic === 'ldx.mem' || row.class === 'ALU')
    return i.reg < V0 ? bitOf(i.reg) : 0;
  return 0;
}

/** The slot of the register that an access of the packet adds to k. */
export function indexSlots({ row: { mode }, variant, jt }: Instruction): Slots {
  if (mode === 'ind_y') return bitOf(Y);
  if (mode !== 'ind' && mode !== 'mshx') return 0;
  if (variant.jt === 'index' && jt !== 0) return isLoopCounter(jt) ? 0 : bitOf(jt);
  return bitOf(X);
}

/** The slot of a LOOP's count. */
export const countSlots = (i: Instruction): Slots => bitOf((i.variant.bits & 0x18) === 0x10 ? AA : X);

/** Operations whose results stand for other unknowns than their operands. */
const tellsNothing: ReadonlySet<string> = new Set(['mul', 'div', 'mod', 'and', 'or', 'xor', 'lsh', 'rsh', 'arsh']);

/** The slots to follow in the function at `root`. */
export function needed({ code, regions }: Validated, root: number, asked: (i: Instruction) => Slots): Slots {
  let slots = 0;
  /** What is computed from what, and compared with what. */
  const links: { readonly to: Slots; readonly from: Slots }[] = [];
  for (let pc = root; pc < code.length && regions[pc]!.root === root; pc++) {
    const i = code[pc];
    if (i === undefined) continue;
    slots |= asked(i);
    if (i.mnemonic === 'loop' && (i.variant.bits & 0x18) !== 0) slots |= countSlots(i);
    const from = readBy(i);
    if (from === 0) continue;
    const to = isComparison(i) ? from : computedBy(i);
    if (to === 0) continue;
    links.push({ to, from });
    // A test of a copy, or of a sum with a constant, says something of what it was made from.
    if (!tellsNothing.has(i.mnemonic) && (to & ~from) !== 0) links.push({ to: from, from: to });
  }
  for (let before = -1; before !== slots; ) {
    before = slots;
    for (const { to, from } of links) if ((to & slots) !== 0) slots |= from;
  }
  return slots;
}
