/** Where a value can stand that is followed: registers of both widths, the counters of loops, words of M[]. */
import { R0, X } from '../../isa/registers.ts';

const firstCounter = 32;
const firstWord = 64;

/** A..H, the window, X and Y: a 32-bit register and its twin share a slot. */
export const slotOf = (register: number): number => register & 31;
/** The counter of the loop whose body has this depth. */
export const counterSlot = (depth: number): number => firstCounter + depth;
export const wordSlot = (word: number): number => firstWord + word;
/** Whether a slot holds 32 bits: X, Y, counters. */
export const isNarrow = (slot: number): boolean => slot >= slotOf(X) && slot < firstWord;

/** A set of slots as bits: one for each register, one for all of M[]. */
export type Slots = number;
export const bitOf = (register: number): Slots => 1 << slotOf(register);
export const MEMORY: Slots = 1 << 28;
/** The window from a register of it on. */
export const windowFrom = (index: number): Slots => bitOf(X) - (1 << (slotOf(R0) + index));
/** The slot of the door, which no register names: backward jumps that have been taken. */
export const doorSlot = 29;
export const DOOR: Slots = 1 << doorSlot;
/** What functions share: all but windows. */
export const GLOBALS: Slots = DOOR | MEMORY | (bitOf(R0) - 1) | (bitOf(X) * 3);

/** Whether a set has a slot. */
export const has = (slots: Slots, slot: number): boolean =>
  slot >= firstWord ? (slots & MEMORY) !== 0 : slot < firstCounter && (slots & (1 << slot)) !== 0;
