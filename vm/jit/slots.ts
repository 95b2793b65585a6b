/**
 * Where values live between instructions: slots, which become locals of WebAssembly functions. One a register, both
 * widths of it together; two a V register; one a word of M[]; and the run's own counters. Which instructions touch which, and how
 * wide, is known here; what they do with them is not.
 */
import { type Instruction, sizeOf } from '../isa/codec.ts';
import { exitClasses, MODE, SEGMENT_SELECTORS, SRC_X, XF } from '../isa/instructions.ts';
import { A, AA, AS, isLoopCounter, isPseudo, isVector, R0, specialRegister, V0, X, Y } from '../isa/registers.ts';
import { lastWord } from '../validate/fields.ts';

/** A slot's number: 0 to 27 are registers A..H, the window, X and Y. */
export type Slot = number;

const firstSelector = 32;
const firstVector = 40;
const firstWord = 64;
/** Backward jumps taken. */
export const DOOR: Slot = 48;
/** Units left of the budget. */
export const BUDGET: Slot = 49;

/** The slot of a register; of a V register that of its high half, the low one is next. */
export function slotOf(register: number): Slot {
  if (register >= AS) return firstSelector + register - AS;
  return isVector(register) ? firstVector + 2 * (register - V0) : register & 31;
}
export const wordSlot = (word: number): Slot => firstWord + word;

/** Whether a slot is of the window, which functions do not share. */
export const isWindow = (slot: Slot): boolean => slot >= (R0 & 31) && slot < X;

/** Whether a slot is half of a V register: those are always wide. */
export const isVectorSlot = (slot: Slot): boolean => slot >= firstVector && slot < DOOR;

/** Told of a slot that is read or written; `wide`: whether more than 32 bits may be written. */
export type Visit = (slot: Slot, written: boolean, wide: boolean) => void;

/** Tells all slots that an instruction touches by itself: not what the function or the body does that it runs. */
export function visitSlots(i: Instruction, visit: Visit): void {
  const isShort = isShortLoad(i);
  const touch = (register: number, written: boolean): void => {
    const slot = slotOf(register);
    visit(slot, written, written && register >= 32 && register < AS && !isShort);
    if (isVector(register)) visit(slot + 1, written, written);
  };
  for (const { register, written } of i.uses) if (!isLoopCounter(register)) touch(register, written);
  const { variant, mnemonic, row } = i;
  if (row.layout === 'transfer') touch(specialRegister(i.high), mnemonic === 'tax');
  // ALU and jumps change what they name in place.
  if (row.class === 'ALU' && (variant.bits & XF) === 0) touch(i.reg, false);
  if ((row.class === 'ALU' || row.class === 'JMP') && (variant.bits & (XF | SRC_X)) === SRC_X) touch(X, false);
  if (variant.jt === 'index' && i.jt === 0 && row.mode !== 'rodata') touch(X, false);
  // A store to a segment has no field for an index.
  if (row.mode === 'seg.ind' && variant.jt !== 'index') touch(X, false);
  if (row.mode === 'ind_y' || row.mode === 'seg.ind_y') touch(Y, false);
  if (variant.jf === 'segment' && i.jf >= SEGMENT_SELECTORS) touch(AS + i.jf - SEGMENT_SELECTORS, false);
  // A compare-exchange expects what AA holds, and gives the old value there; exchanges give it in their register.
  if (variant.jt === 'atomic' && i.jt !== 0) {
    touch(i.reg, false);
    touch(AA, true);
  }
  if (variant.k === 'word') {
    const written = row.class === 'ST' || row.class === 'STX';
    const wide = written && (sizeOf(i) === 'DW' || isVector(i.reg));
    for (let word = i.k; word <= lastWord(i); word++) visit(wordSlot(word), written, wide);
  }
  switch (mnemonic) {
    case 'exit':
      if ((variant.bits & 0x18) === 0x08) touch(X, false);
      if ((variant.bits & 0x18) !== 0x10) touch(A, true);
      if (exitClasses[i.high] === 'next') touch(A, false);
      break;
    case 'loop':
      if ((variant.bits & 0x18) === 0x08) touch(X, false);
      if ((variant.bits & 0x18) === 0x10) touch(AA, false);
      break;
    case 'host':
      touch(AA, true);
      touch(R0 + i.high, true);
      break;
    case 'cop':
    case 'copx':
      touch(A, true);
      if (mnemonic === 'copx') touch(X, false);
      break;
    default:
  }
  if (i.variation !== undefined) for (const register of [A, X]) touch(register, true);
}

/** Whether an instruction loads no more than 32 bits, and no sign: the upper half of its register becomes 0. */
const isShortLoad = (i: Instruction): boolean =>
  i.row.class === 'LD' && !i.signed && !isVector(i.reg) && sizeOf(i) !== 'DW';

/** The slots of a copy of 64 bits, which are no more than 32 if those of the source are not; undefined for what is none. */
export function copied(i: Instruction): { readonly to: Slot; readonly from: Slot } | undefined {
  if (i.mnemonic !== 'mov' || (i.variant.bits & XF) === 0 || i.reg < 32 || isVector(i.reg)) return undefined;
  return isPseudo(i.jf) || isLoopCounter(i.jf) ? undefined : { to: slotOf(i.reg), from: slotOf(i.jf) };
}

/** The bits of `code` that tell the mode, without L and SEG. */
const MODES = 0xe0;

/** The register that an access adds to k; undefined for none. */
export function indexOf(i: Instruction): number | undefined {
  if (i.variant.jt === 'index') return i.jt === 0 ? X : i.jt;
  const mode = i.variant.bits & MODES;
  return mode === MODE.IND ? X : mode === MODE.IND_Y ? Y : undefined;
}
