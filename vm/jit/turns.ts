/**
 * Loops that need not count their turns: where each turn adds the same number to a register, as loops over bytes do, how
 * far that has come tells how many there were. Where the loop is left, the door is made up from it.
 */
import type { Instruction } from '../isa/codec.ts';
import { isBackward, successors, targetOf } from '../validate/flow.ts';
import type { State, Value } from '../validate/ranges/state.ts';
import type { Validated } from '../validate/validated.ts';
import type { Slot } from './slots.ts';

/** A loop whose turns a register tells. */
export interface Turns {
  /** The last instruction of the loop. */
  readonly last: number;
  readonly slot: Slot;
  /** What a turn adds to it, from 1 on. */
  readonly step: number;
  /** By the instruction that leaves the loop, what this turn has added to it by then. */
  readonly added: ReadonlyMap<number, number>;
}

/** What is found out of a loop in one walk through it. */
interface Loop {
  readonly last: number;
  readonly leaves: ReadonlySet<number>;
  /** Registers that are named where it begins; only they can be told apart from others behind it. */
  atHead: ReadonlyMap<Slot, Value>;
  /** By register, what each backward jump so far finds added. */
  steps: ReadonlyMap<Slot, number> | undefined;
  readonly added: Map<number, ReadonlyMap<Slot, number>>;
}

const mostRegisters = 28;
/** What may jump back, or look at the door, by itself. */
const isOther = (i: Instruction): boolean =>
  i.mnemonic === 'call' || i.mnemonic === 'loop' || i.variation !== undefined;

/** Loops without others in them, by where they begin; those that tables lead out of are left out. */
function simpleLoops({ code }: Validated): Map<number, Loop> {
  const lasts = new Map<number, number>();
  for (const [pc, i] of code.entries()) if (i !== undefined && isBackward(i)) lasts.set(targetOf(i, pc), pc);
  // Where a loop begins, the next backward jump is its own, or it has others in it: most of a deep nest is not walked through.
  const next = new Int32Array(code.length + 1).fill(-1);
  for (let pc = code.length - 1; pc >= 0; pc--) {
    const i = code[pc];
    next[pc] = i !== undefined && isBackward(i) ? targetOf(i, pc) : next[pc + 1]!;
  }
  const loops = new Map<number, Loop>();
  for (const [head, last] of lasts) {
    if (next[head] !== head) continue;
    const leaves = new Set<number>();
    let isSimple = true;
    for (let pc = head; pc <= last && isSimple; pc++) {
      const i = code[pc];
      if (i === undefined) continue;
      const isLeft = i.mnemonic === 'exit' || successors(i, pc).some((target) => target > last);
      if (isLeft) leaves.add(pc);
      isSimple = !isOther(i) && !(isBackward(i) && targetOf(i, pc) !== head) && !(isLeft && i.table !== undefined);
    }
    if (isSimple) loops.set(head, { last, leaves, atHead: new Map(), steps: undefined, added: new Map() });
  }
  return loops;
}

/** Looks at what is known of registers, before each instruction in the order of the code, and finds such loops. */
export class TurnFinder {
  readonly #loops: Map<number, Loop>;
  readonly #validated: Validated;
  #head = -1;

  constructor(validated: Validated) {
    this.#validated = validated;
    this.#loops = simpleLoops(validated);
  }

  visit(pc: number, state: State): void {
    const begun = this.#loops.get(pc);
    if (begun !== undefined) {
      this.#head = pc;
      const named = new Map<Slot, Value>();
      for (let slot = 0; slot < mostRegisters; slot++) {
        const value = state.get(slot);
        if (value !== undefined) named.set(slot, value);
      }
      begun.atHead = named;
      begun.steps = undefined;
      begun.added.clear();
    }
    const loop = this.#loops.get(this.#head);
    if (loop === undefined || pc > loop.last) return;
    const i = this.#validated.code[pc]!;
    if (isBackward(i)) {
      const found = addedSince(loop.atHead, state);
      const { steps } = loop;
      loop.steps = steps === undefined ? found : new Map([...steps].filter(([slot, by]) => found.get(slot) === by));
    } else if (loop.leaves.has(pc)) loop.added.set(pc, addedSince(loop.atHead, state));
  }

  /** By where they begin, those in which nothing meets the door. */
  found(meetsDoor: (pc: number) => boolean): ReadonlyMap<number, Turns> {
    const found = new Map<number, Turns>();
    for (const [head, { last, steps, added }] of this.#loops) {
      let meets = false;
      for (let pc = head; pc <= last; pc++) meets ||= meetsDoor(pc);
      const [told] = [...(steps ?? [])].filter(
        ([slot, step]) => step > 0 && [...added.values()].every((by) => by.has(slot)),
      );
      if (meets || told === undefined) continue;
      const [slot, step] = told;
      found.set(head, { last, slot, step, added: new Map([...added].map(([pc, by]) => [pc, by.get(slot)!])) });
    }
    return found;
  }
}

/** By register, the constant that it is more than where the loop begins. */
function addedSince(atHead: ReadonlyMap<Slot, Value>, state: State): ReadonlyMap<Slot, number> {
  const added = new Map<Slot, number>();
  for (const [slot, { root, offset }] of atHead) {
    const value = state.get(slot);
    if (value?.root === root) added.set(slot, value.offset - offset);
  }
  return added;
}
