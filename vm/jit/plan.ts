/**
 * What each function of a program needs to be a WebAssembly function: which slots it has in common with its callers,
 * since a CALL saves none but windows, and how wide they are. A slot that only 32-bit instructions touch is an i32.
 */
import type { Instruction } from '../isa/codec.ts';
import { R0 } from '../isa/registers.ts';
import { isBackward, targetOf } from '../validate/flow.ts';
import type { Validated } from '../validate/validated.ts';
import { accesses, BUDGET, DOOR, isWindow, type Slot, slotOf } from './slots.ts';

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

/** Whether an instruction reads or writes the packet's bytes, and so looks at the door. */
export const touchesPacket = ({ mnemonic }: Instruction): boolean =>
  /^(ldx?|stx?)\.(abs|ind|ind_y|msh|mshx)$/.test(mnemonic);

const takesBudget: ReadonlySet<string> = new Set(['call', 'loop', 'host', 'cop', 'copx']);

/** By root, in the order of the code: callees before their callers. `isCounted` says whether a budget is kept. */
export function planFunctions(
  { code, functions }: Validated,
  { hasDoor, isCounted }: { readonly hasDoor: boolean; readonly isCounted: boolean },
): ReadonlyMap<number, FunctionPlan> {
  const roots = [...functions.keys()].sort((a, b) => a - b);
  const globalWide = new Set<Slot>();
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
    for (let pc = root; pc <= last; pc++) {
      const i = code[pc];
      if (i === undefined) continue;
      for (const { slot, wide, written: isWritten } of accesses(i)) {
        if (wide) (isWindow(slot) ? windowWide : globalWide).add(slot);
        if (!isWindow(slot)) note(slot, isWritten);
      }
      if (hasDoor && (touchesPacket(i) || isBackward(i))) note(DOOR, isBackward(i));
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
  return new Map(
    [...drafts].map(([root, { windowWide, ...draft }]) => [
      root,
      { ...draft, wide: new Set([...globalWide, ...windowWide]) },
    ]),
  );
}
