/**
 * What loops and functions may write: where control comes round again, nothing is known of that. One sweep a function,
 * from its end, in time linear in its length: by slot, the next instruction that writes it.
 */
import type { Instruction } from '../../isa/codec.ts';
import { AA, R0, specialRegister, V0 } from '../../isa/registers.ts';
import { bodyOf, isBackward, targetOf } from '../flow.ts';
import type { Validated } from '../validated.ts';
import { bitOf, DOOR, GLOBALS, MEMORY, type Slots, windowFrom } from './slots.ts';

export interface Writes {
  /** By a function's root: what its callers see of it, windows left out. */
  readonly functions: ReadonlyMap<number, Slots>;
  /** By the first instruction of a loop's body. */
  readonly bodies: ReadonlyMap<number, Slots>;
  /** By the target of backward jumps: up to the farthest of these. */
  readonly turns: ReadonlyMap<number, Slots>;
  /** By pc. */
  readonly at: Int32Array;
}

const bits = 30;

export function findWrites({ code, regions, functions }: Validated): Writes {
  const found = {
    functions: new Map<number, Slots>(),
    bodies: new Map<number, Slots>(),
    turns: new Map<number, Slots>(),
    at: new Int32Array(code.length),
  };
  /** By the first instruction of a range of which the writes are asked for, its last. */
  const lasts = new Map<number, number>();
  for (let pc = 0; pc < code.length; pc++) {
    const i = code[pc];
    if (i !== undefined && isBackward(i)) lasts.set(targetOf(i, pc), pc);
  }
  const roots = [...functions.keys()].sort((a, b) => a - b);
  for (const [at, root] of roots.entries()) {
    const last = (roots[at + 1] ?? code.length) - 1;
    const next = new Int32Array(bits).fill(code.length);
    const upTo = (end: number): Slots => next.reduce((slots, pc, bit) => (pc <= end ? slots | (1 << bit) : slots), 0);
    for (let pc = last; pc >= root; pc--) {
      const i = code[pc];
      if (i === undefined) continue;
      const written = writtenBy(i, pc, found);
      found.at[pc] = written;
      for (let bit = 0; bit < bits; bit++) if ((written & (1 << bit)) !== 0) next[bit] = pc;
      const end = lasts.get(pc);
      if (end !== undefined) found.turns.set(pc, upTo(end));
      const region = regions[pc]!;
      if (region.first === pc && region.depth > 0) found.bodies.set(pc, upTo(region.last));
    }
    found.functions.set(root, upTo(last) & GLOBALS);
  }
  return found;
}

/** What one instruction may write; a CALL or a LOOP, with all that it runs. */
function writtenBy(i: Instruction, pc: number, { functions, bodies }: Pick<Writes, 'functions' | 'bodies'>): Slots {
  switch (i.mnemonic) {
    case 'call':
      return functions.get(targetOf(i, pc))! | windowFrom(i.high);
    case 'loop':
      return bodies.get(bodyOf(i, pc))!;
    case 'ja':
      return isBackward(i) ? DOOR : 0;
    case 'prolog':
      return windowFrom(i.jf);
    case 'host':
      return bitOf(AA) | bitOf(R0 + i.high);
    case 'cop':
    case 'copx':
      return bitOf(AA);
    // The next pass sees the A that the last one left.
    case 'exit':
      return (i.variant.bits & 0x18) === 0x10 ? 0 : bitOf(AA);
    case 'tax': {
      const special = specialRegister(i.high);
      return special < 32 ? bitOf(special) : 0;
    }
    case 'st.mem':
    case 'stx.mem':
      return MEMORY;
    default: {
      // A compare-exchange gives its old value in AA.
      let written = i.variant.jt === 'atomic' && i.jt !== 0 ? bitOf(AA) : 0;
      for (const { register, written: isWritten } of i.uses) if (isWritten && register < V0) written |= bitOf(register);
      return written;
    }
  }
}
