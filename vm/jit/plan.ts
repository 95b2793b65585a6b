/**
 * What each function of a program needs to be a WebAssembly function: which slots it has in common with its callers,
 * since a CALL saves none but windows, and how wide they are. A slot that nothing
 * but 32 bits is written to is an i32.
 */
import { R0 } from '../isa/registers.ts';
import { isBackward, targetOf } from '../validate/flow.ts';
import { accessesPacket } from '../validate/ranges/effect.ts';
import type { Validated } from '../validate/validated.ts';
import type { Facts } from './facts.ts';
import { BUDGET, copied, DOOR, isWindow, type Slot, slotOf, type Visit, visitSlots } from './slots.ts';

export interface FunctionPlan {
  readonly root: number;
  readonly last: number;
  /** Registers that are parameters and results. */
  readonly inputs: number;
  readonly open: number;
  /** Slots that it shares with its callers and that it, or what it calls, reads or writes: ascending. */
  readonly used: readonly Slot[];
  /** Those of them that are written. */
  readonly written: readonly Slot[];
  /** Slots that have to hold 64 bits: of the window as this function sees it, of the rest as the program does. */
  readonly wide: ReadonlySet<Slot>;
}

const takesBudget: ReadonlySet<string> = new Set(['call', 'loop', 'host', 'cop', 'copx']);

/** What runs keep count of, and who may meet the door. */
export interface Kept {
  /** Whether runs count their backward jumps: somebody may ask how far the door has come. */
  readonly keepsDoor: boolean;
  readonly facts: Facts;
  /** Whether runs count what they take of their budget. */
  readonly isCounted: boolean;
}

/** By root, in the order of the code: callees before their callers. */
export function planFunctions(
  { code, functions }: Validated,
  { keepsDoor, facts, isCounted }: Kept,
): ReadonlyMap<number, FunctionPlan> {
  const roots = [...functions.keys()].sort((a, b) => a - b);
  const globalWide = new Set<Slot>();
  /** Copies, and the sets that say of their source and of their target whether it is wide. */
  const copies: { readonly from: readonly [Set<Slot>, Slot]; readonly to: readonly [Set<Slot>, Slot] }[] = [];
  const drafts = new Map<number, Omit<FunctionPlan, 'wide'> & { readonly windowWide: Set<Slot> }>();
  for (const [at, root] of roots.entries()) {
    const { inputs, open } = functions.get(root)!;
    const last = (roots[at + 1] ?? code.length) - 1;
    const used = new Set<Slot>();
    const written = new Set<Slot>();
    const windowWide = new Set<Slot>();
    const allWide = (): void => {
      for (let index = 0; index < open; index++) windowWide.add(slotOf(R0 + index));
    };
    const note = (slot: Slot, isWritten: boolean): void => {
      used.add(slot);
      if (isWritten) written.add(slot);
    };
    if (inputs > 0) allWide();
    const setOf = (slot: Slot): Set<Slot> => (isWindow(slot) ? windowWide : globalWide);
    const noteSlot: Visit = (slot, isWritten) => {
      if (!isWindow(slot)) note(slot, isWritten);
    };
    const noteValue: Visit = (slot, isWritten, wide) => {
      if (wide) setOf(slot).add(slot);
      noteSlot(slot, isWritten, wide);
    };
    for (let pc = root; pc <= last; pc++) {
      const i = code[pc];
      if (i === undefined) continue;
      const copy = copied(i);
      if (copy !== undefined) copies.push({ from: [setOf(copy.from), copy.from], to: [setOf(copy.to), copy.to] });
      visitSlots(i, copy === undefined ? noteValue : noteSlot);
      if (keepsDoor && (isBackward(i) || (accessesPacket(i) && facts.meetsDoor(pc)))) note(DOOR, isBackward(i));
      if (isCounted && (takesBudget.has(i.mnemonic) || isBackward(i))) note(BUDGET, true);
      // What a callee or the host gets of the window, or leaves there, may be of 64 bits.
      if (i.mnemonic === 'call' || i.mnemonic === 'host') allWide();
      if (i.mnemonic !== 'call') continue;
      const callee = drafts.get(targetOf(i, pc))!;
      for (const slot of callee.used) note(slot, callee.written.includes(slot));
    }
    const sorted = (slots: ReadonlySet<Slot>): Slot[] => [...slots].sort((a, b) => a - b);
    drafts.set(root, { root, last, inputs, open, used: sorted(used), written: sorted(written), windowWide });
  }
  for (let before = -1, wide = 0; before !== wide; ) {
    before = wide;
    for (const { from, to } of copies) if (from[0].has(from[1])) to[0].add(to[1]);
    wide = copies.filter(({ to }) => to[0].has(to[1])).length;
  }
  return new Map(
    [...drafts].map(([root, { windowWide, ...draft }]) => [
      root,
      { ...draft, wide: new Set([...globalWide, ...windowWide]) },
    ]),
  );
}
