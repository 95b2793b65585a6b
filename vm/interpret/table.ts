/** Jump tables in a run: from a key to the next pc. */
import { SRC_X } from '../isa/instructions.ts';
import { X } from '../isa/registers.ts';
import type { KeyRange } from '../isa/tables.ts';
import { slotOf } from './machine.ts';
import type { Lower } from './step.ts';

const masks = { B: 0xff, H: 0xffff, W: 0xffffffff, DW: 0xffffffff } as const;

export const tableJump: Lower = (i) => {
  const table = i.table!;
  const from = slotOf((i.variant.bits & SRC_X) !== 0 ? X : i.reg) * 2;
  const mask = masks[table.size];
  const { miss } = table;
  if (table.kind === 'index') {
    const { slots } = table;
    return (m) => slots[(m.u32[from]! & mask) >>> 0] ?? miss;
  }
  if (table.kind === 'ranges') {
    const { ranges } = table;
    return (m) => rangeOf(ranges, m.u32[from]! & mask)?.target ?? miss;
  }
  const { base, bits, match } = table;
  return (m) => {
    const bit = ((m.u32[from]! & mask) >>> 0) - base;
    if (bit < 0 || bit >= bits.length * 8) return miss;
    return (bits[bit >>> 3]! & (1 << (bit & 7))) === 0 ? miss : match;
  };
};

function rangeOf(ranges: readonly KeyRange[], key: number): KeyRange | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.high < key) low = middle + 1;
    else high = middle;
  }
  const found = ranges[low];
  return found !== undefined && found.low <= key ? found : undefined;
}
