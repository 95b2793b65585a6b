/** Jump tables: a br_table where they are small and dense, else a tree of comparisons. */
import type { Instruction } from '../isa/codec.ts';
import { SRC_X } from '../isa/instructions.ts';
import { X } from '../isa/registers.ts';
import type { Table } from '../isa/tables.ts';
import type { Frame } from './frame.ts';
import { I32, type Label, op } from './wasm.ts';

const masks = { B: 0xff, H: 0xffff, W: 0xffffffff, DW: 0xffffffff } as const;
/** The longest br_table; engines refuse some tens of thousands. */
const mostSlots = 4096;

/** Keys from `low` up to the next run's, which go to one place. */
interface Run {
  readonly low: number;
  readonly target: number;
}

export function tableJump(f: Frame, i: Instruction, labelOf: (pc: number) => Label): void {
  const table = i.table!;
  const { w } = f;
  const key = f.scratch('key', I32);
  f.get((i.variant.bits & SRC_X) !== 0 ? X : i.reg, false);
  const mask = masks[table.size];
  if (mask !== 0xffffffff) w.i32(mask).op(op.i32_and);
  if (table.kind === 'index' && table.slots.length <= mostSlots) {
    w.brTable(table.slots.map(labelOf), labelOf(table.miss));
    return;
  }
  w.set(key);
  branch(f, key, runsOf(table), labelOf);
}

/** All keys from 0 up, runs of them that go to one place joined. */
function runsOf(table: Table): readonly Run[] {
  const runs: { readonly low: number; target: number }[] = [];
  const add = (low: number, target: number): void => {
    const last = runs.at(-1);
    if (last?.low === low) {
      runs.pop();
      add(low, target);
    } else if (last?.target !== target) runs.push({ low, target });
  };
  add(0, table.miss);
  if (table.kind === 'ranges')
    for (const { low, high, target } of table.ranges) {
      add(low, target);
      add(high + 1, table.miss);
    }
  else if (table.kind === 'index') {
    for (const [key, target] of table.slots.entries()) add(key, target);
    add(table.slots.length, table.miss);
  } else {
    const { base, bits, match, miss } = table;
    for (let bit = 0; bit < bits.length * 8; bit++)
      add(base + bit, (bits[bit >>> 3]! & (1 << (bit & 7))) === 0 ? miss : match);
    add(base + bits.length * 8, miss);
  }
  return runs.filter(({ low }) => low <= 0xffffffff);
}

/** By halves. */
function branch(f: Frame, key: number, runs: readonly Run[], labelOf: (pc: number) => Label): void {
  const { w } = f;
  const [only] = runs;
  if (runs.length === 1) {
    w.br(labelOf(only!.target));
    return;
  }
  const middle = runs.length >> 1;
  w.get(key).i32(runs[middle]!.low).op(op.i32_lt_u).open('if');
  branch(f, key, runs.slice(0, middle), labelOf);
  w.close();
  branch(f, key, runs.slice(middle), labelOf);
}
